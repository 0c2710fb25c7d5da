/**
 * One point of a curve: analyses a fleet that `worlds.mjs` wrote and prints what it counted. Run by `scale.mjs`.
 * usage: node scale-point.mjs FOLDER [HOST]
 */
import { loadSnapshot } from '#catalog/snapshot.js'
import { loadFleet } from '#inputs/fleet.js'
import { analyze } from '#verbs/analyze.js'

const [folder = '', host] = process.argv.slice(2)
const fleet = loadFleet(folder, false)
const snapshot = loadSnapshot(...fleet.catalogDirs)
const { cells, summary } = await analyze({
  services: [],
  ...(host === undefined ? {} : { host }),
  python: '3.11',
  platform: 'linux/amd64',
  known: { fleet, snapshot },
  index: { offline: true },
})
console.log(
  JSON.stringify({
    cells: cells.length,
    collisions: summary.findings.collision,
    drifting: summary.findings.drift,
    undecided: cells.filter(({ undecided }) => undecided.length > 0).length,
  }),
)
