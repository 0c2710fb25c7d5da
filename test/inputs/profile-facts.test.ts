import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import { moduleOfPath } from '#catalog/wheel-facts.js'
import { loadFleet } from '#inputs/fleet.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { normalizeName } from '#pep/name.js'

const fleet = loadFleet(undefined, false)
const snapshot = loadSnapshot(join(fleet.root, 'constraints/catalog'))
const services = [...fleet.releases.list.at(-1)!.services.keys()]

/** What the wheel of a service release can be started by. */
function startsOf(service: string, release: string) {
  const { distribution, version } = fleet.releases.byName.get(release)!.services.get(service)!
  const facts = snapshot.entryPoints(normalizeName(distribution), version)!
  const wsgiScripts = facts.groups.get('wsgi_scripts') ?? new Map<string, string>()
  return {
    scripts: new Set([
      ...(facts.groups.get('console_scripts')?.keys() ?? []),
      ...wsgiScripts.keys(),
      ...facts.scripts.keys(),
    ]),
    applications: new Set([
      ...facts.wsgi.flatMap((path) => moduleOfPath(path) ?? []).map((module) => `${module}:application`),
      ...[...wsgiScripts.values()].map((maker) => `${maker}()`),
    ]),
  }
}

const releases = fleet.releases.list.map(({ name }) => name)
const serviceReleases = services.flatMap((service) => releases.map((release) => [service, release] as const))

/** Scripts that a release dropped and that start no process of a service: tools, and what developers ran. */
const tools = new Map([
  ['heat', ['heat-all', 'heat-keystone-setup']],
  ['manila', ['manila-all']],
  ['neutron', ['neutron-debug', 'neutron-linuxbridge-cleanup', 'neutron-pd-notify', 'ovn_migration.sh']],
  ['ironic', ['ironic-rootwrap']],
])

describe('the shipped profiles', () => {
  it.each(serviceReleases)('start in %s@%s only what its wheel has', (service, release) => {
    const { processes, sudoers } = fleet.profile(service)
    const { scripts, applications } = startsOf(service, release)
    const absent = [
      ...processes
        .filter(({ releases }) => inReleaseRange(release, releases))
        .filter(({ command, wsgi }) =>
          wsgi === undefined ? !scripts.has(command[0]!) : !applications.has(wsgi),
        )
        .map(({ wsgi, command }) => wsgi ?? command[0]),
      ...sudoers
        .filter(({ releases }) => inReleaseRange(release, releases))
        .map(({ command }) => command.split(' ')[0]!)
        .filter((script) => !scripts.has(script)),
    ]
    expect(absent).toEqual([])
  })

  it.each(services)('say what takes the place of every script that a release of %s drops', (service) => {
    const { processes, sudoers } = fleet.profile(service)
    const known = new Set([
      ...processes.flatMap(({ name, command, replaces = [] }) => [name, command[0]!, ...replaces]),
      ...sudoers.map(({ command }) => command.split(' ')[0]!),
      ...(tools.get(service) ?? []),
    ])
    const dropped = releases.slice(1).flatMap((release, index) => {
      const after = startsOf(service, release).scripts
      return [...startsOf(service, releases[index]!).scripts].filter((script) => !after.has(script))
    })
    expect(dropped.filter((script) => !known.has(script))).toEqual([])
  })

  it('are held against releases that drop scripts', () => {
    const gone = (service: string, from: string, to: string) =>
      [...startsOf(service, from).scripts]
        .filter((script) => !startsOf(service, to).scripts.has(script))
        .sort()
    expect(gone('neutron', '2025.1', '2026.1')).toEqual(['neutron-api', 'neutron-server'])
    expect(gone('keystone', '2025.1', '2026.1')).toEqual(['keystone-wsgi-admin', 'keystone-wsgi-public'])
    expect(gone('glance', '2025.1', '2026.1')).toEqual(['glance-wsgi-api'])
  })
})
