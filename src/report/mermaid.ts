import type { AnalysisResult } from '#collisions/result.js'
import { causeGraph, type Graph } from './graph.js'

/** A quoted label of Mermaid: what is not plainly harmless is an entity by its number, as Mermaid writes them. */
function quoted(text: string): string {
  const escaped = text.replace(/[^\p{L}\p{N} .,_/+-]/gu, (character) => `#${character.codePointAt(0)!};`)
  return `"${escaped}"`
}

/** A Mermaid flowchart, as GitHub and GitLab draw them in Markdown: services to the pins that do not suit them. */
export function analysisMermaid(result: AnalysisResult): string {
  return graphMermaid(causeGraph(result))
}

/** A graph as a Mermaid flowchart. */
export function graphMermaid({ nodes, edges, left }: Graph): string {
  const lines = [
    'flowchart LR',
    ...nodes.map(({ id, label, kind }) =>
      kind === 'service' ? `  ${id}[${quoted(label)}]` : `  ${id}(${quoted(label)})`,
    ),
    ...edges.map(
      ({ from, to, label, level }) =>
        `  ${from} ${level === 'error' ? '-->' : '-.->'}|${quoted(label)}| ${to}`,
    ),
    ...(nodes.length === 0 ? ['  none["nothing new"]'] : []),
    ...(left === 0 ? [] : [`  left["${left} more demands are not drawn"]`]),
    '',
  ]
  return lines.join('\n')
}
