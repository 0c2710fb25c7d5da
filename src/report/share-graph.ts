import { visible } from '#errors.js'
import type { ShareResult } from '#verbs/share.js'
import { graphDot } from './dot.js'
import type { Edge, Graph, Node } from './graph.js'
import { graphMermaid } from './mermaid.js'
import { truthsOf, verdictOfSharing } from './share-facts.js'

/** Services, the environments that they need by the strictest truth that was decided, and what they cannot agree on. */
function shareGraph(result: ShareResult): Graph {
  const { services, sharing } = result
  const nodes: Node[] = services.map(({ id }, index) => ({ id: `s${index}`, label: id, kind: 'service' }))
  const edges: Edge[] = []
  const idOf = new Map(services.map(({ id }, index) => [id, `s${index}`]))
  const decided = truthsOf(result).findLast(({ partition }) => partition.kind === 'partition')
  if (decided?.partition.kind === 'partition')
    for (const [index, group] of decided.partition.groups.entries()) {
      nodes.push({ id: `e${index}`, label: `environment ${index + 1} ${decided.truth}`, kind: 'pin' })
      for (const member of group)
        edges.push({ from: `s${member}`, to: `e${index}`, label: decided.truth, level: 'note' })
    }
  const asRun = result.asRun?.sharing
  const told = sharing.kind === 'conflicts' ? sharing : asRun?.kind === 'conflicts' ? asRun : undefined
  for (const [index, { lines, explanation }] of (told?.conflicts ?? []).entries()) {
    const what = explanation?.clash.name ?? lines[0]?.name ?? ''
    nodes.push({ id: `c${index}`, label: visible(`no version of ${what} is left`), kind: 'pin' })
    for (const line of lines) {
      const from = idOf.get(line.owner ?? line.by) ?? otherNode(nodes, line.by)
      edges.push({ from, to: `c${index}`, label: visible(line.text), level: 'error' })
    }
  }
  return { nodes, edges, left: 0 }
}

/** Who demands something without being one of the services: constraints, the Python. */
function otherNode(nodes: Node[], by: string): string {
  const label = visible(by)
  const known = nodes.find((node) => node.label === label)
  if (known !== undefined) return known.id
  const id = `o${nodes.length}`
  nodes.push({ id, label, kind: 'service' })
  return id
}

export function shareDot(result: ShareResult): string {
  return graphDot(shareGraph(result), visible(verdictOfSharing(result)))
}

export function shareMermaid(result: ShareResult): string {
  return graphMermaid(shareGraph(result))
}
