import type { JSX } from 'preact'
import { boxHeight, columns, headHeight, type LibraryGraph, rowHeight } from '../library-graph.js'

const textWidth = 7.25

function cutTo(text: string, width: number): string {
  const most = Math.floor(width / textWidth)
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const middle = (fromX + toX) / 2
  return `M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}`
}

/** Draws what was laid out: nothing is measured here, and nothing moves. */
export function Graph({ graph }: { readonly graph: LibraryGraph }): JSX.Element {
  const { dots, name, specifier, gap, box, leafGap, leaf } = columns
  const nameX = graph.services.length * dots + 12
  const specifierX = nameX + name
  const edgeX = specifierX + specifier
  const boxX = edgeX + gap
  const leafX = boxX + box + leafGap
  const middle = graph.boxY + boxHeight / 2
  const refused = graph.rows.filter((row) => row.refused).length
  const label =
    `${graph.distribution} ${graph.version} on host ${graph.host}: ${refused} demands refused, ` +
    `${graph.rows.length - refused + graph.more} accepted; it demands ${graph.leaves.length + graph.moreLeaves} libraries. The tables say the same.`
  const bottom = headHeight + graph.rows.length * rowHeight
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse
    <section class="scroll graph" tabIndex={0} aria-label="Graph, scrolls sideways">
      <svg
        width={graph.width + 12}
        height={graph.height}
        viewBox={`0 0 ${graph.width + 12} ${graph.height}`}
        role="img"
        aria-label={label}
      >
        {graph.services.map((service, index) => (
          <text
            key={service}
            class="head"
            x={index * dots + dots / 2}
            y={headHeight - 14}
            transform={`rotate(-60 ${index * dots + dots / 2} ${headHeight - 14})`}
          >
            {service}
          </text>
        ))}
        <text class="head" x={nameX} y={headHeight - 14}>
          who demands
        </text>
        <text class="head" x={specifierX} y={headHeight - 14}>
          which versions
        </text>
        {graph.rows.map((row, index) => {
          const y = row.y + rowHeight / 2
          return (
            <g key={`${row.who} ${row.specifier} ${index}`} class={row.refused ? 'refused' : 'accepted'}>
              <title>{`${row.who} wants ${row.specifier === '' ? 'any version' : row.specifier}: ${row.refused ? 'refused' : 'accepted'}`}</title>
              {graph.services.map((service, column) => (
                <circle
                  key={service}
                  class={row.dots.includes(column) ? 'has' : 'lacks'}
                  cx={column * dots + dots / 2}
                  cy={y}
                  r={row.dots.includes(column) ? 3.5 : 1.5}
                />
              ))}
              <text x={nameX} y={y + 4}>
                {cutTo(row.who, name - 8)}
              </text>
              <text class="specifier" x={specifierX} y={y + 4}>
                {cutTo(
                  `${row.refused ? '✕ ' : ''}${row.specifier === '' ? 'any' : row.specifier}`,
                  specifier - 6,
                )}
              </text>
              <path d={curve(edgeX, y, boxX, middle)} />
            </g>
          )
        })}
        {graph.more > 0 ? (
          <text class="head" x={nameX} y={bottom + 16}>
            and {graph.more} more that accept it
          </text>
        ) : null}
        <g class={refused > 0 ? 'box refused' : 'box'}>
          <rect x={boxX} y={graph.boxY} width={box} height={boxHeight} rx="6" />
          <text x={boxX + box / 2} y={middle - 6}>
            {cutTo(graph.distribution, box - 16)}
          </text>
          <text class="version" x={boxX + box / 2} y={middle + 16}>
            {cutTo(graph.version, box - 16)}
          </text>
        </g>
        {graph.leaves.map((one) => {
          const y = one.y + rowHeight / 2
          return (
            <g key={one.text} class="accepted leaf">
              <path d={curve(boxX + box, middle, leafX - 6, y)} />
              <text x={leafX} y={y + 4}>
                {cutTo(one.text, leaf - 60)} <tspan class="head">{cutTo(one.version, 64)}</tspan>
              </text>
            </g>
          )
        })}
        {graph.moreLeaves > 0 ? (
          <text class="head" x={leafX} y={(graph.leaves.at(-1)?.y ?? 0) + rowHeight + 16}>
            and {graph.moreLeaves} more
          </text>
        ) : null}
      </svg>
    </section>
  )
}
