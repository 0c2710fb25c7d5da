import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import { pinsFor } from '#inputs/constraints-file.js'
import { loadFleet } from '#inputs/fleet.js'
import { shippedRoot } from '#inputs/shipped-path.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import type { Facts } from '#solver/facts.js'
import { knownFacts } from '#solver/known-facts.js'
import { pinLine, pythonLineOf } from '#solver/lines.js'
import type { Line } from '#solver/problem.js'
import { createSession, solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { type CudfQuestion, coneOf, readCoinst, toCudf } from '../../bench/cudf.mjs'
import { largerUniverse } from '../support/random-universe.js'
import { needs } from '../support/tools.js'
import { lines, smallFacts } from '../support/universe.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-cudf-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fleet = loadFleet()
const snapshot = loadSnapshot(join(shippedRoot(), 'constraints/catalog'))
/** Only those that are asked about matter, but the other tools shall see all of them. */
const names = snapshot.names()
const releases = [...fleet.releases.byName.values()]
const shipped = releases.flatMap(({ name: release, services }) =>
  [...services].map(([service, { version }]) => ({
    release,
    id: `${service}-${release}`,
    text: `${normalizeName(fleet.profile(service).distribution)}==${version}`,
  })),
)

interface Question extends CudfQuestion {
  readonly lines: readonly Line[]
}

function question(name: string, texts: readonly string[], pins: readonly Line[] = []): Question {
  const demands = texts.map((text) => parseRequirement(text))
  const own = new Set(demands.map((demand) => demand.name))
  const limits = pins.filter((pin) => !own.has(pin.name))
  return { name, demands, limits, lines: [...lines(texts), ...limits] }
}

/** Each service release alone, on the pins of every release, and with every other release of two services. */
function questionsFor(python: string): Question[] {
  const environment = markerEnvironment(python, 'linux/amd64')
  const pinsOf = new Map(
    releases.map(({ name }) => {
      const pins = [...pinsFor(fleet.constraints(name), environment)]
      return [name, pins.map(([pinned, pin]) => pinLine(pinned, pin, name))]
    }),
  )
  const alone = shipped.map(({ id, text }) => question(`alone-${id}`, [text]))
  const hosted = shipped.flatMap(({ id, text }, i) =>
    releases.flatMap(({ name }, j) =>
      (i + j) % 8 === 0 ? [question(`${id}-on-${name}`, [text], pinsOf.get(name))] : [],
    ),
  )
  const pairs = shipped.flatMap((a, i) =>
    shipped
      .slice(i + 1)
      .flatMap((b, j) => ((i + j) % 29 === 0 ? [question(`${a.id}-with-${b.id}`, [a.text, b.text])] : [])),
  )
  return [...alone, ...hosted, ...pairs]
}

function solvable(facts: Facts, python: string, questions: readonly Question[]): Set<string> {
  const environment = markerEnvironment(python, 'linux/amd64')
  const session = createSession({
    facts,
    python: environment.python_full_version,
    prereleases: 'allow',
    pythonLine: pythonLineOf(environment, '--python'),
  })
  return new Set(
    questions.flatMap(({ name, lines }) =>
      finish(solve(session, { lines })).kind === 'solution' ? [name] : [],
    ),
  )
}

const dose = needs('dose-distcheck')

describe.skipIf(dose.missing)(
  dose.title('dose-distcheck, of the questions that Debian asks of its archive'),
  () => {
    it.each(['3.11', '3.9'])('agrees on every set that is asked on Python %s.', (python) => {
      const environment = markerEnvironment(python, 'linux/amd64')
      const facts = knownFacts(snapshot, environment)
      const questions = questionsFor(python)
      const path = join(folder, `universe-${python}.cudf`)
      writeFileSync(path, toCudf(facts, names, environment.python_full_version, questions).text)
      const asked = questions.map(({ name }) => name)
      const { stdout } = spawnSync(
        'dose-distcheck',
        ['-tcudf', '--successes', `--checkonly=${asked.join(',')}`, path],
        { encoding: 'utf8', maxBuffer: 2 ** 28 },
      )
      const found = [...stdout.matchAll(/^ *package: (\S+)$/gm)].map(([, name]) => name)
      expect(new Set(found)).toEqual(solvable(facts, python, questions))
    })
  },
)

/** What coinst knows of the pairs of a universe. */
function coinst(text: string) {
  const path = join(folder, 'cone.cudf')
  writeFileSync(path, text)
  const args = ['-cudf', '-all', '-conflict-pairs-only', '-o', join(folder, 'graph.dot'), path]
  const { stdout, status } = spawnSync('coinst', args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  expect(status).toBe(0)
  const { isBroken, clash } = readCoinst(stdout)
  const isThere = (a: string) => text.includes(`package: ${a.replace(' = ', '\nversion: ')}\n`)
  return { isInstallable: (a: string) => isThere(a) && !isBroken(a), clash }
}

const coinstTool = needs('coinst')

describe.skipIf(coinstTool.missing)(coinstTool.title('coinst, which knows of all pairs what fits'), () => {
  /** Every two of these versions. */
  function comparePairs(
    facts: Facts,
    known: readonly DistributionName[],
    picked: readonly string[],
    python: string,
  ) {
    const { text, numberOf } = toCudf(facts, known, python)
    const found = coinst(text)
    const all = picked.map((one) => {
      const [name = '', version = ''] = one.split('==')
      return { one, number: `${name} = ${numberOf(name as DistributionName, version)}` }
    })
    const asked = all.flatMap((a, i) =>
      all
        .slice(i)
        .map((b) => ({ a, b, question: question(`${a.one} ${b.one}`, [...new Set([a.one, b.one])]) })),
    )
    const holds = solvable(
      facts,
      '3.11',
      asked.map(({ question }) => question),
    )
    let refused = 0
    for (const { a, b, question } of asked) {
      const isThere = [a, b].every(({ number }) => found.isInstallable(number))
      const expected = isThere && !found.clash(a.number, b.number)
      expect({ pair: question.name, holds: holds.has(question.name) }).toEqual({
        pair: question.name,
        holds: expected,
      })
      if (!expected) refused++
    }
    return { asked: asked.length, refused }
  }

  it('agrees on all pairs of random universes.', () => {
    const total = { asked: 0, refused: 0 }
    for (const { universe } of fc.sample(largerUniverse, { seed: 7, numRuns: 25 })) {
      const picked = Object.entries(universe).flatMap(([name, versions]) =>
        Object.keys(versions).map((version) => `${name}==${version}`),
      )
      const known = Object.keys(universe).map(normalizeName)
      const { asked, refused } = comparePairs(smallFacts(universe), known, picked, '3.11.13')
      total.asked += asked
      total.refused += refused
    }
    expect(total.refused).toBeGreaterThan(total.asked / 10)
  })

  it('agrees on the pairs of service releases in cones of the shipped universe.', () => {
    const environment = markerEnvironment('3.11', 'linux/amd64')
    const facts = knownFacts(snapshot, environment)
    const picked = shipped.filter(({ id }) => /^(?:placement|swift)-/.test(id)).map(({ text }) => text)
    const roots = new Set(picked.map((text) => parseRequirement(text).name))
    const { refused } = comparePairs(
      facts,
      coneOf(facts, [...roots]),
      picked,
      environment.python_full_version,
    )
    // Each service fits with each release of the other, and with none of its own but itself.
    expect(refused).toBe(2 * 21)
  })
})
