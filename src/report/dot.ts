import type { AnalysisResult } from '#collisions/result.js'
import { causeGraph, type Graph } from './graph.js'
import { verdictLine } from './verdict-text.js'

/** A quoted string of the DOT language; a backslash would begin an escape such as `\N`. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, (character) => `\\${character}`)}"`
}

const looks = {
  error: 'color=red',
  warning: 'color=orange,style=dashed',
  note: 'color=gray,style=dotted',
} as const

/** A DOT graph (Graphviz): services to the pins that do not suit them. */
export function analysisDot(result: AnalysisResult): string {
  return graphDot(causeGraph(result), verdictLine(result))
}

/** A graph in the DOT language, with a line below it. */
export function graphDot({ nodes, edges, left }: Graph, caption: string): string {
  const more = left === 0 ? '' : `, ${left} more demands are not drawn`
  const lines = [
    'digraph svcsplit {',
    `  graph [rankdir=LR, labelloc=b, label=${quoted(`${caption}${more}`)}];`,
    '  node [shape=box, fontname="sans-serif"];',
    ...nodes.map(
      ({ id, label, kind }) => `  ${id} [label=${quoted(label)}${kind === 'pin' ? ', style=rounded' : ''}];`,
    ),
    ...edges.map(
      ({ from, to, label, level }) => `  ${from} -> ${to} [label=${quoted(label)}, ${looks[level]}];`,
    ),
    '}',
    '',
  ]
  return lines.join('\n')
}
