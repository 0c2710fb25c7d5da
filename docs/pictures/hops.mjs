/**
 * Draws docs/pictures/hops.svg from the shipped data: which services collide with the host's pins when they
 * move alone, release by release. `npm run pictures` remakes it; a test holds it to the data.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = execFileSync(process.execPath, [`${root}dist/cli/svcsplit.cjs`, 'analyze', '-o', 'json'], {
  encoding: 'utf8',
  maxBuffer: 256 * 1024 * 1024,
})
/** @type {{ cells: { service: string, from: string, to: string, summary: { collision: number } }[], separate: { sound: number, of: number } }} */
const { cells, separate } = JSON.parse(text)
const releases = [...new Set(cells.map(({ to }) => to))].sort()
const hops = releases.slice(1).map((to, index) => ({ from: releases[index] ?? '', to }))
const collisions = new Map(cells.map((cell) => [`${cell.service} ${cell.from} ${cell.to}`, cell.summary.collision]))

/** @param {string} service @param {{ from: string, to: string }} hop */
const countOf = (service, hop) => collisions.get(`${service} ${hop.from} ${hop.to}`) ?? 0
/** @param {string} service */
const sumOf = (service) => hops.reduce((sum, hop) => sum + countOf(service, hop), 0)
const services = [...new Set(cells.map(({ service }) => service))].sort(
  (one, other) => sumOf(other) - sumOf(one) || (one < other ? -1 : 1),
)

const left = 96
const top = 64
const cell = { width: 116, height: 26 }
const width = left + hops.length * cell.width + 16
const height = top + services.length * cell.height + 40
const shades = ['#f3f4f6', '#fde7c9', '#fbcf8e', '#f6a95b', '#e97c35', '#c9541c', '#a63a12', '#842a0c']

/** @param {number} count */
const shadeOf = (count) => shades[Math.min(count, shades.length - 1)]

const squares = services.flatMap((service, row) =>
  hops.map((hop, column) => {
    const count = countOf(service, hop)
    const x = left + column * cell.width
    const y = top + row * cell.height
    return [
      `<rect x="${x}" y="${y}" width="${cell.width - 3}" height="${cell.height - 3}" rx="3" fill="${shadeOf(count)}"/>`,
      `<text x="${x + cell.width / 2}" y="${y + 16}" text-anchor="middle" fill="${count > 3 ? '#fff' : '#374151'}">${count || '·'}</text>`,
    ].join('')
  }),
)
const names = services.map(
  (service, row) => `<text x="${left - 10}" y="${top + row * cell.height + 16}" text-anchor="end">${service}</text>`,
)
const heads = hops.map(
  ({ from, to }, column) =>
    `<text x="${left + column * cell.width + cell.width / 2}" y="${top - 10}" text-anchor="middle">${to} on ${from}</text>`,
)
const total = hops.reduce((sum, hop) => sum + services.reduce((all, service) => all + countOf(service, hop), 0), 0)

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#374151">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="22" font-size="15" font-weight="600" fill="#111827">One service moves to the next release, its host stays: ${total} demands are refused</text>
<g font-size="11">${heads.join('')}</g>
<g>${names.join('')}</g>
<g>${squares.join('\n')}</g>
<text x="${left}" y="${height - 14}" fill="#15803d" font-weight="600">In an image of its own: ${separate.sound} of ${separate.of} service releases without a refused demand, no other service touched.</text>
</svg>
`
writeFileSync(process.argv[2] ?? `${root}docs/pictures/hops.svg`, svg)
