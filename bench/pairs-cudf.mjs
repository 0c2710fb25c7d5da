/**
 * All pairs of the shipped service releases: may the two be installed together, as they declare? Asked of svcsplit, and
 * written in CUDF for tools that are asked the same. Run by `run.mjs`.
 *
 * usage: pairs-cudf.mjs ask              svcsplit's answer
 *        pairs-cudf.mjs write FILE       the whole universe, with a package for each pair; prints their names
 *        pairs-cudf.mjs universe FILE    the universe alone, for a tool that finds all pairs by itself
 *        pairs-cudf.mjs coinst FILE      what that tool, coinst, printed, counted
 */
import { readFileSync, writeFileSync } from 'node:fs'
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
import { readCoinst, toCudf } from './cudf.mjs'

const [what = '', file = ''] = process.argv.slice(2)
const fleet = loadFleet()
const snapshot = loadSnapshot(join(shippedRoot(), 'constraints/catalog'))
const environment = markerEnvironment('3.11', 'linux/amd64')
const python = environment.python_full_version
const facts = knownFacts(snapshot, environment)
const shipped = [...fleet.releases.byName.values()].flatMap(({ name: release, services }) =>
  [...services].map(([service, { version }]) => {
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
} else if (what === 'coinst') {
  const { isBroken, clash } = readCoinst(readFileSync(file, 'utf8'))
  const { numberOf } = toCudf(facts, snapshot.names(), python)
  const packageOf = new Map(
    shipped.map(({ id, demand }) => [
      id,
      `${demand.name} = ${numberOf(demand.name, demand.specifiers.specifiers[0]?.version ?? '')}`,
    ]),
  )
  const apart = pairs.filter(({ a, b }) => {
    const [one = '', other = ''] = [packageOf.get(a.id), packageOf.get(b.id)]
    return isBroken(one) || isBroken(other) || clash(one, other)
  })
  console.log(JSON.stringify({ pairs: pairs.length, apart: apart.length }))
} else {
  const questions =
    what === 'universe'
      ? []
      : pairs.map(({ a, b }, index) => ({ name: `pair-${index}`, demands: [a.demand, b.demand], limits: [] }))
  writeFileSync(file, toCudf(facts, snapshot.names(), python, questions).text)
  console.log(questions.map(({ name }) => name).join(','))
}
