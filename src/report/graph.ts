import type { AnalysisResult } from '#collisions/result.js'
import { rootCauses } from './root-causes.js'
import { type Subject, serviceId } from './told.js'

export interface Node {
  readonly id: string
  readonly label: string
  readonly kind: 'service' | 'pin'
}

export interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
  readonly level: 'error' | 'warning' | 'note'
}

/** Who wants what of whom; `left` edges more are not drawn. */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly left: number
}

/** Who wants what of which pins: drawn larger than this, nobody sees anything. */
const mostEdges = 400

function ownerOf({ of, name }: Subject): string {
  return 'candidate' in of ? serviceId(of.candidate) : name
}

/** Services, the pins that do not suit them, and the demands between: of errors and warnings that are new. */
export function causeGraph(result: AnalysisResult): Graph {
  const nodes = new Map<string, Node>()
  const node = (kind: Node['kind'], key: string, label: string): string => {
    const known = nodes.get(`${kind} ${key}`)
    if (known !== undefined) return known.id
    const id = `${kind === 'service' ? 's' : 'p'}${nodes.size}`
    nodes.set(`${kind} ${key}`, { id, label, kind })
    return id
  }
  const edges = new Map<
    string,
    { readonly from: string; readonly to: string; labels: string[]; level: Edge['level'] }
  >()
  let left = 0
  for (const { level, where, distribution, version, told } of rootCauses(result))
    for (const { finding, subject } of told) {
      if (edges.size >= mostEdges) {
        left += 1
        continue
      }
      const from = node('service', ownerOf(subject), ownerOf(subject))
      const to = node(
        'pin',
        JSON.stringify([where, distribution, version]),
        `${distribution} ${version ?? '(none)'} on ${where}`,
      )
      const key = `${from} ${to}`
      const edge = edges.get(key)
      const label = finding.demand.specifier
      if (edge === undefined) edges.set(key, { from, to, labels: [label], level })
      else if (!edge.labels.includes(label)) edge.labels.push(label)
    }
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()].map(({ labels, ...edge }) => ({
      ...edge,
      label:
        labels.length > 3
          ? `${labels.slice(0, 3).join(', ')} and ${labels.length - 3} more`
          : labels.join(', '),
    })),
    left,
  }
}
