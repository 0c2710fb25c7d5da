import { describe, expect, it } from 'vitest'
import { candidatesIn } from '#base/apt-packages.js'
import { loadFleet } from '#inputs/fleet.js'
import { formatSuites, loadSuites, parseSuites } from '#inputs/suite-packages.js'
import { packagesOfProfiles } from '#verbs/catalog-packages.js'

const fleet = loadFleet(undefined, false)
const suites = loadSuites(fleet.root)

describe('the shipped profiles', () => {
  it('are held against four suites, each with the Python of its own', () => {
    expect(suites.map(({ name, python }) => [name, python])).toEqual([
      ['bookworm', '3.11'],
      ['jammy', '3.10'],
      ['noble', '3.12'],
      ['trixie', '3.13'],
    ])
  })

  it.each([
    ...fleet.releases.list.at(-1)!.services.keys(),
  ])('name for %s only packages that the suites have', (service) => {
    const { systemPackages, bindings, sudoers } = fleet.profile(service)
    for (const { name, packages } of suites) {
      const wanted = [systemPackages.run, systemPackages.build].flatMap((lists) => [
        ...(lists.get('all') ?? []),
        ...(lists.get(name) ?? []),
      ])
      const named = [...wanted, ...bindings.map((binding) => binding.package)]
      expect([name, named.filter((one) => !packages.has(one))]).toEqual([name, []])
      expect(sudoers.length > 0 ? wanted : ['sudo']).toContain('sudo')
    }
    const known = new Set(['all', ...suites.map(({ name }) => name)])
    expect(
      [...systemPackages.run.keys(), ...systemPackages.build.keys()].filter((one) => !known.has(one)),
    ).toEqual([])
  })

  it('are the whole of what is recorded', () => {
    for (const { packages } of suites) expect([...packages.keys()]).toEqual(packagesOfProfiles(fleet))
  })
})

it('facts of suites are read as they were written', () => {
  expect(parseSuites(formatSuites(suites), 'x')).toEqual(suites)
  expect(() => parseSuites('{"format":"svcsplit system-packages 2"}', 'x')).toThrow('cannot be read')
})

it("apt's answer has a package where it has a candidate", () => {
  const policy =
    'qemu-utils:\n  Installed: (none)\n  Candidate: 1:7.2+dfsg-7+deb12u12\n  Version table:\n' +
    '     1:7.2+dfsg-7+deb12u12 500\nuwsgi:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n'
  expect([...candidatesIn(policy)]).toEqual([['qemu-utils', '1:7.2+dfsg-7+deb12u12']])
})
