/**
 * Writes a universe with questions in CUDF, for the tools that are asked the same as svcsplit; and asks svcsplit itself.
 *
 * usage: pairs-cudf.mjs all FILE          every pair of the shipped service releases, over the whole universe, one package each
 *        pairs-cudf.mjs cone FILE         the cone of two services, for a tool that finds all pairs by itself
 *        pairs-cudf.mjs ask all|cone      the same pairs, asked of svcsplit: how many fail
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSnapshot } from '#catalog/snapshot.js'
import { loadFleet } from '#inputs/fleet.js'
import { shippedRoot } from '#inputs/shipped-path.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { knownFacts } from '#solver/known-facts.js'
import { demandLine, pythonLineOf } from '#solver/lines.js'
import { createSession, solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { coneOf, toCudf } from './cudf.mjs'

/** The services whose cone a tool can still shrink. */
const few = new Set(['placement', 'swift'])

const [what = '', which = ''] = process.argv.slice(2)
const isCone = what === 'cone' || which === 'cone'
const fleet = loadFleet()
const snapshot = loadSnapshot(join(shippedRoot(), 'constraints/catalog'))
const environment = markerEnvironment('3.11', 'linux/amd64')
const python = environment.python_full_version
const facts = knownFacts(snapshot, environment)
const shipped = [...fleet.releases.byName.values()].flatMap(({ name: release, services }) =>
  [...services]
    .filter(([service]) => !isCone || few.has(service))
    .map(([service, { version }]) => {
      const demand = parseRequirement(`${normalizeName(fleet.profile(service).distribution)}==${version}`)
      return { id: `${service}-${release}`, demand }
    }),
)
const pairs = shipped.flatMap((a, i) => shipped.slice(i + 1).map((b) => ({ a, b })))

if (what === 'ask') {
  const pythonLine = pythonLineOf(environment, '--python')
  const session = createSession({ facts, python, prereleases: 'allow', pythonLine })
  const linesOf = new Map(
    shipped.map(({ id, demand }) => [
      id,
      demandLine({ requirement: demand, at: { path: id, line: 1 } }, id, environment),
    ]),
  )
  const apart = pairs.filter(({ a, b }) => {
    const lines = [a, b].flatMap(({ id }) => linesOf.get(id) ?? [])
    return finish(solve(session, { lines })).kind !== 'solution'
  })
  console.log(JSON.stringify({ pairs: pairs.length, apart: apart.length }))
} else {
  const names = isCone
    ? coneOf(facts, [...new Set(shipped.map(({ demand }) => demand.name))])
    : snapshot.names()
  const questions = isCone
    ? []
    : pairs.map(({ a, b }, index) => ({ name: `pair-${index}`, demands: [a.demand, b.demand], limits: [] }))
  writeFileSync(which, toCudf(facts, names, python, questions).text)
  console.log(questions.map(({ name }) => name).join(','))
}
