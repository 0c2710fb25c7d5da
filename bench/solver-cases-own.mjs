/**
 * Solves the cases of resolvelib's own tests with svcsplit's solver: seconds of the processor and counters for each, as JSON.
 * usage: node solver-cases-own.mjs FOLDER RUNS
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { parseSpecifierSet } from '#pep/specifier-set.js'
import { factsReader } from '#solver/release-facts.js'
import { createSession, solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { isExpanded } from '#solver/universe.js'

const [folder = '', runs = '1'] = process.argv.slice(2)
const python = '3.11.13'
const { cases } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))

/** @param {string} name */
function factsOf(name) {
  const read = factsReader(markerEnvironment('3.11', 'linux/amd64'))
  /** @type {Map<string, { version: string, yanked: boolean }[]>} */
  const candidates = new Map()
  /** @type {Map<string, import('#solver/facts.js').VersionFacts>} */
  const releases = new Map()
  for (const line of readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')) {
    const row = JSON.parse(line)
    const distribution = normalizeName(row.name)
    for (const version of row.versions) {
      candidates.set(distribution, [...(candidates.get(distribution) ?? []), { version, yanked: false }])
      const metadata = {
        distribution,
        version,
        requires: row.demands,
        extras: [],
        from: /** @type {const} */ ('wheel'),
      }
      releases.set(`${distribution} ${version}`, { ...read(metadata), code: [] })
    }
  }
  return {
    knowsAllNames: true,
    candidates: (/** @type {string} */ one) => candidates.get(one) ?? [],
    release: (/** @type {string} */ one, /** @type {string} */ version) => releases.get(`${one} ${version}`),
  }
}

/** @param {string} text @param {'demand' | 'python'} kind @returns {import('#solver/problem.js').Line} */
function line(text, kind) {
  const { name, extras, specifiers } = parseRequirement(text)
  return { key: `${kind} ${text}`, kind, name, extras, specifiers, text, by: 'command line' }
}

const told = Object.entries(cases).map(([name, { requested }]) => {
  const facts = factsOf(name)
  let least = Number.POSITIVE_INFINITY
  let found = { tried: 0, steps: 0, outcome: '' }
  for (let run = 0; run < Number(runs); run += 1) {
    const from = process.cpuUsage()
    const session = createSession({
      facts,
      python,
      prereleases: 'pip',
      pythonLine: { ...line('python', 'python'), specifiers: parseSpecifierSet(`==${python}`) },
    })
    const lines = requested.map((/** @type {string} */ text) =>
      line(text.replace(/^[\w.-]+/, normalizeName), 'demand'),
    )
    const { kind } = finish(solve(session, { lines }))
    const { user, system } = process.cpuUsage(from)
    least = Math.min(least, (user + system) / 1e6)
    const packages = [...session.universe.packages.values()]
    const tried = packages.reduce(
      (sum, one) => sum + one.candidates.filter((_, i) => isExpanded(one, i + 1)).length,
      0,
    )
    found = { tried, steps: session.universe.engine.steps, outcome: kind }
  }
  return [name, { seconds: least, read: found.tried, steps: found.steps, outcome: found.outcome }]
})
console.log(JSON.stringify(Object.fromEntries(told)))
