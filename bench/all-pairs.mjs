/**
 * All pairs of the service releases that are shipped: may the two share an environment, as tested and as declared, and
 * the minimal conflict of each pair that may not. Run by `run.mjs`; prints what it found.
 */
import { loadFleet } from '#inputs/fleet.js'
import { minimise } from '#solver/minimal.js'
import { solve } from '#solver/session.js'
import { linesOfServices, solvableFit } from '#solver/sharing.js'
import { finish } from '#solver/task.js'
import { clashOf, testedVersions } from '#solver/tested.js'
import { sharingProblem } from '#verbs/share.js'

const services = [...loadFleet().releases.byName.values()].flatMap(({ name, services }) =>
  [...services.keys()].map((service) => `${service}@${name}`),
)
const python = process.argv[2] ?? '3.11'
const { problem } = await sharingProblem({ services, python, platform: 'linux/amd64' })
const { session, services: asked, common } = problem

// Of the processor, so that what else runs does not count.
const now = () => Object.values(process.cpuUsage()).reduce((sum, part) => sum + part) / 1e6
const started = now()
const tested = asked.map((service) => finish(testedVersions(session, service)))
let apartAsTested = 0
for (const [i, a] of tested.entries())
  for (const b of tested.slice(i + 1))
    if (a instanceof Map && b instanceof Map && clashOf(a, b) !== undefined) apartAsTested += 1

const middle = now()
const holds = solvableFit(problem)
const alone = asked.map((_, i) => finish(holds([i])).kind)
let apartAsDeclared = 0
let lines = 0
for (const i of asked.keys())
  for (let j = i + 1; j < asked.length; j += 1) {
    if (alone[i] !== 'holds' || alone[j] !== 'holds' || finish(holds([i, j])).kind === 'holds') continue
    const pair = [asked[i], asked[j]].flatMap((service) => service ?? [])
    const outcome = finish(solve(session, { lines: linesOfServices({ services: pair, common }) }))
    if (outcome.kind !== 'unsolvable') throw new Error('a pair that failed holds')
    lines += finish(minimise(session, outcome.core)).lines.length
    apartAsDeclared += 1
  }
const seconds = (/** @type {number} */ from, /** @type {number} */ to) => Number((to - from).toFixed(3))
console.log(
  JSON.stringify({
    services: asked.length,
    alone: alone.filter((kind) => kind === 'holds').length,
    pairs: (asked.length * (asked.length - 1)) / 2,
    asTested: { apart: apartAsTested, seconds: seconds(started, middle) },
    asDeclared: { apart: apartAsDeclared, lines, seconds: seconds(middle, now()) },
    steps: session.universe.engine.steps,
  }),
)
