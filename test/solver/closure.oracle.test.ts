import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import { pinsFor } from '#inputs/constraints-file.js'
import { loadFleet } from '#inputs/fleet.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { parseVersion } from '#pep/version.js'
import { closure, distributionsOf } from '#solver/closure.js'
import { factsOf } from '#verbs/service-release.js'

/** What `uv pip compile` resolved, service release by service release: see test/oracle/collisions/uv-closures.py. */
const resolved = new Map(
  Object.entries(
    JSON.parse(
      readFileSync(new URL('../oracle/collisions/uv-closures.json', import.meta.url), 'utf8'),
    ) as Record<string, { pins?: Record<string, string>; failed?: string }>,
  ),
)

const fleet = loadFleet()
const facts = factsOf(loadSnapshot(`${fleet.root}constraints/catalog`))
const environment = markerEnvironment('3.11', 'linux/amd64')

/** By metadata alone, as uv sees it: no profile, no requirements file. */
function closureOf(service: string, release: string): ReadonlyMap<string, string> {
  const { distribution: name, version } = fleet.releases.byName.get(release)!.services.get(service)!
  const root = { service, distribution: { name, version }, extras: [], additions: [] }
  const pins = pinsFor(fleet.constraints(release), environment)
  const walked = closure({ root, pins, environment, facts })
  expect(walked.undecided).toEqual([])
  return new Map(
    [...distributionsOf(walked)].map(([one, member]) => [
      one,
      // No constraints pin it, so it floats: uv took the newest of its day, the facts have that of theirs.
      member.reason === 'unpinned' ? 'floats' : parseVersion(member.version!).text,
    ]),
  )
}

const shipped = fleet.releases.list.flatMap(({ name, services }) =>
  [...services.keys()].map((service) => `${service}@${name}`),
)

describe('the closure of a service release under its own pins', () => {
  it('was resolved by uv for all but six: horizon needs sdists that a setuptools of today does not build', () => {
    const failed = [...resolved].filter(([, { failed }]) => failed !== undefined).map(([key]) => key)
    expect(failed).toEqual([2023.1, 2023.2, 2024.1, 2024.2, 2025.1, 2025.2].map((one) => `horizon@${one}`))
    expect([...resolved.keys()].sort()).toEqual([...shipped].sort())
  })

  it.each(shipped.filter((key) => resolved.get(key)!.pins !== undefined))('%s is what uv resolves', (key) => {
    const [service = '', release = ''] = key.split('@')
    const ours = closureOf(service, release)
    const theirs = Object.entries(resolved.get(key)!.pins!).map(([name, version]) => [
      name,
      ours.get(name) === 'floats' ? 'floats' : parseVersion(version).text,
    ])
    expect(Object.fromEntries([...ours].sort())).toEqual(Object.fromEntries(theirs))
  })

  it.each(shipped.filter((key) => key.startsWith('horizon@')))('%s is complete', (key) => {
    expect(closureOf('horizon', key.split('@')[1]!).size).toBeGreaterThan(80)
  })
})
