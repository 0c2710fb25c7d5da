/** Fleets of any size as the data that svcsplit ships: releases, pins, profiles and facts. Equal arguments, equal bytes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalizeName } from '#pep/name.js'
import { randomFrom } from './random.mjs'

const header = '{"format":"svcsplit metadata 1","made":"svcsplit catalog update"}'
const demandsOfService = 40

/**
 * @typedef {{ name: string, version: string, requires: readonly string[] }} Facts
 * @typedef {{ name: string, pins: ReadonlyMap<string, string> }} Release
 * @typedef {{
 *   releases: readonly Release[], facts: readonly Facts[], libraries: readonly string[],
 *   demand: (release: number, name: string) => string,
 * }} Universe `libraries` are those that a service may demand.
 */

/** @param {number} releases */
const releaseNames = (releases) =>
  Array.from({ length: releases }, (_, i) => `${2000 + Math.floor(i / 2)}.${(i % 2) + 1}`)

/**
 * 300 libraries in layers: each demands up to four below it. Each moves to a new version in every first to fifth release; what it
 * demands then is what was there, or one step older.
 * @param {number} releases @returns {Universe}
 */
export function syntheticUniverse(releases) {
  const random = randomFrom(1)
  const libraries = Array.from({ length: 300 }, (_, i) => ({
    name: `lib-${i}`,
    pace: 1 + random.below(5),
    below: i === 0 ? [] : Array.from({ length: random.below(5) }, () => random.below(i)),
  }))
  const step = (/** @type {number} */ i, /** @type {number} */ release) =>
    Math.floor(release / (libraries[i]?.pace ?? 1))
  const versionOf = (/** @type {number} */ i, /** @type {number} */ release) => `${1 + step(i, release)}.0`
  const bound = (/** @type {number} */ i, /** @type {number} */ release, /** @type {number} */ older) =>
    `lib-${i}>=${1 + Math.max(0, step(i, release) - older)}.0`
  const facts = libraries.flatMap(({ name, pace, below }, i) =>
    Array.from({ length: step(i, releases - 1) + 1 }, (_, at) => ({
      name,
      version: `${1 + at}.0`,
      requires: [...new Set(below)].map((other) => bound(other, at * pace, (i + other) % 3 === 0 ? 0 : 1)),
    })),
  )
  return {
    releases: releaseNames(releases).map((name, r) => ({
      name,
      pins: new Map(libraries.map(({ name: library }, i) => [library, versionOf(i, r)])),
    })),
    facts,
    libraries: libraries.map(({ name }) => name),
    demand: (release, name) => {
      const i = Number(name.slice(4))
      return bound(i, release, (release + i) % 4 === 0 ? 0 : 2)
    },
  }
}

/**
 * The shipped pins and facts of the two newest releases. What is demanded are libraries that real services demand in both,
 * with the bounds of one of these: of what no service reaches nothing is known, and every answer would be undecided.
 * @param {string} root @returns {Universe}
 */
export function realUniverse(root) {
  const facts = readFileSync(join(root, 'constraints/catalog/metadata.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))
  const shipped = JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))
  const releases = Object.keys(shipped)
    .sort()
    .slice(-2)
    .map((name) => {
      const lines = readFileSync(join(root, `constraints/${name}.txt`), 'utf8')
      const pins = [...lines.matchAll(/^([\w.-]+)===([^;\s]+)/gm)]
      return {
        name,
        pins: new Map(pins.map(([, pinned = '', version = '']) => [`${normalizeName(pinned)}`, version])),
      }
    })
  const bounds = releases.map(({ name: release }) => {
    const own = new Map(
      Object.values(shipped[release].services).map(({ distribution, version }) => [distribution, version]),
    )
    const lines = facts
      .filter(({ name, version }) => own.get(name) === version)
      .flatMap(({ requires }) => requires.filter((/** @type {string} */ one) => !one.includes(';')))
    return new Map(lines.map((line) => [`${normalizeName(/^[\w.-]+/.exec(line)?.[0] ?? '')}`, line]))
  })
  const known = new Set(facts.map(({ name, version }) => `${name} ${version}`))
  return {
    releases,
    facts,
    libraries: [...(releases[0]?.pins.keys() ?? [])].filter((name) =>
      releases.every(
        ({ pins }, index) => known.has(`${name} ${pins.get(name)}`) && bounds[index]?.has(name) === true,
      ),
    ),
    demand: (release, name) => bounds[release]?.get(name) ?? name,
  }
}

/**
 * Writes a root that `loadFleet` reads, with `services` services in every release.
 * @param {string} dir @param {Universe} universe @param {number} services
 */
export function writeWorld(dir, { releases, facts, libraries, demand }, services) {
  const random = randomFrom(services)
  mkdirSync(join(dir, 'constraints/catalog'), { recursive: true })
  mkdirSync(join(dir, 'profiles'))
  const names = Array.from({ length: services }, (_, i) => `service-${String(i).padStart(5, '0')}`)
  const own = names.flatMap((name) => {
    const wanted = random.some(libraries, demandsOfService)
    return releases.map((_, r) => ({
      name,
      version: `${r + 1}.0.0`,
      requires: wanted.map((library) => demand(r, library)),
    }))
  })
  const lines = [...facts, ...own].map(({ name, version, requires, ...rest }) =>
    JSON.stringify({ name, version, from: 'wheel', requires, extras: [], ...rest }),
  )
  writeFileSync(join(dir, 'constraints/catalog/metadata.jsonl'), `${[header, ...lines].join('\n')}\n`)
  const told = releases.map(({ name }, r) => [
    name,
    {
      released: `${name.slice(0, 4)}-0${name.at(-1)}-01`,
      series: `series-${r}`,
      status: 'maintained',
      slurp: r % 2 === 0,
      services: Object.fromEntries(names.map((one) => [one, { distribution: one, version: `${r + 1}.0.0` }])),
    },
  ])
  writeFileSync(join(dir, 'constraints/releases.json'), JSON.stringify(Object.fromEntries(told)))
  for (const { name, pins } of releases)
    writeFileSync(
      join(dir, `constraints/${name}.txt`),
      [...pins].map(([library, version]) => `${library}===${version}\n`).join(''),
    )
  for (const name of names)
    writeFileSync(
      join(dir, `profiles/${name}.yaml`),
      `service: ${name}\ndistribution: ${name}\nuser: { name: ${name}, uid: 42400, gid: 42400 }\n`,
    )
}
