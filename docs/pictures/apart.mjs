/**
 * Draws docs/pictures/apart.svg: every distribution of one service release, on the host of an older release and in an image of
 * its own: refused, accepted at a version that was not tested, or the same.
 */
import { ask, box, colour, text, writePicture } from './draw.mjs'

const [service, host] = ['nova@2026.1', '2025.1']
/** @type {import('../../src/index.js').AnalysisDocument} */
const { size = 0, findings, separate } = ask('analyze', service, '--host', host)
/** @param {string} rule */
const of = (rule) => [...new Set(findings.filter((one) => one.rule === rule).map(({ distribution }) => distribution))].sort()
const refused = of('collision')
const broken = of('broken-import').filter((name) => !refused.includes(name))
const drifting = of('drift').filter((name) => ![...refused, ...broken].includes(name))
const same = size - refused.length - broken.length - drifting.length

const perRow = 44
const side = 15
/** @param {number} top @param {readonly string[]} fills */
const squares = (top, fills) =>
  fills.map((fill, index) => box(24 + (index % perRow) * side, top + Math.floor(index / perRow) * side, side - 2, side - 2, fill))
/** @param {number} count @param {string} fill @returns {string[]} */
const times = (count, fill) => Array(count).fill(fill)

const width = 48 + perRow * side
writePicture('apart', width, 288, [
  text(24, 28, `The ${size} distributions of ${service}`, `font-size="15" font-weight="600" fill="${colour.title}"`),
  text(24, 56, `on host ${host}`, 'font-weight="600"'),
  ...squares(66, [
    ...times(refused.length + broken.length, colour.bad),
    ...times(drifting.length, colour.drift),
    ...times(same, colour.same),
  ]),
  box(24, 122, 11, 11, colour.bad),
  text(40, 132, `${refused.length} collide: ${refused.join(', ')}`),
  box(24, 140, 11, 11, colour.drift),
  text(40, 150, `${drifting.length} drift: accepted, at a version that ${service} was not tested with`),
  box(24, 158, 11, 11, colour.same),
  text(40, 168, `${same} are the same, or pinned by nobody`),
  text(24, 200, `in an image of its own`, 'font-weight="600"'),
  ...squares(210, times(size, colour.good)),
  text(24, 274, `all as tested: the pins of its own release${separate.sound === separate.of ? ', and no error (checked)' : ''}`),
])
