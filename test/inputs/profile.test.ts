import { describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { additionOf, parseProfile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { readTextSync } from '#io/files.js'

const base = 'service: foo\ndistribution: foo\nuser: {name: foo, uid: 42400, gid: 42400}\n'

describe('the shipped profiles', () => {
  const fleet = loadFleet()
  const services = [...fleet.releases.list.at(-1)!.services.keys()]

  it('are there for every service of the newest release', () => {
    expect(services).toHaveLength(15)
  })

  it.each(services)('%s fits the schema, and the quick reader reads the same', async (service) => {
    const path = `profiles/${service}.yaml`
    const profile = await parseProfile(readTextSync(`${fleet.root}${path}`), path)
    expect(profile).toEqual(fleet.profile(service))
    expect(profile.service).toBe(service)
    for (const { services: shipped } of fleet.releases.list)
      expect(shipped.get(service)?.distribution).toBe(profile.distribution)
  })

  it('give every service a user id of its own', () => {
    const ids = services.map((service) => fleet.profile(service).user.uid)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it.each(['keystone', 'glance'])('say for every release how %s is started', (service) => {
    const { processes, data, directories } = fleet.profile(service)
    for (const { name } of fleet.releases.list)
      expect(processes.filter(({ releases }) => inReleaseRange(name, releases))).toHaveLength(1)
    expect(data.get(`etc/${service}`)).toBe(`/etc/${service}`)
    expect(directories).toContain(`/var/lib/${service}`)
  })
})

describe('a profile', () => {
  it('knows the line of each addition', async () => {
    const profile = await parseProfile(`${base}additions:\n  - PyMySQL\n  - foo[bar]>=1\n`, 'p.yaml')
    expect(profile.places.get('foo[bar]>=1')).toMatchObject({ path: 'p.yaml', line: 6, column: 5 })
    expect(additionOf(profile, 'foo[bar]>=1')).toMatchObject({ name: 'foo', extras: ['bar'] })
  })

  it.each([
    ['an unknown key', `${base}extra: []\n`, 'E-PRF-SCHEMA', 4, 'did you mean extras?'],
    ['a wrong type', `${base}extras: foo\n`, 'E-PRF-SCHEMA', 4, undefined],
    [
      'a number that should be text',
      `${base}processes: [{name: a, command: [a], releases: 2025.1}]\n`,
      'E-PRF-SCHEMA',
      4,
      'put it in quotes',
    ],
    [
      'a name that leads outside',
      base.replace('service: foo', 'service: ../x'),
      'E-PRF-SCHEMA',
      1,
      undefined,
    ],
    ['root as its user', base.replace('uid: 42400', 'uid: 0'), 'E-PRF-SCHEMA', 3, undefined],
    ['no user', 'service: foo\ndistribution: foo\n', 'E-PRF-SCHEMA', 1, undefined],
    ['a key twice', `${base}service: bar\n`, 'E-PRF-SYNTAX', 4, undefined],
    ['an unknown tag', `${base}extras: !!js/function 'x'\n`, 'E-PRF-SYNTAX', 4, undefined],
    ['a tab as indent', `${base}data:\n\tetc/foo: /etc/foo\n`, 'E-PRF-SYNTAX', 5, undefined],
    ['two documents', `${base}---\n${base}`, 'E-PRF-SYNTAX', 1, undefined],
    ['nothing', '', 'E-PRF-SYNTAX', 1, undefined],
    ['an alias', `${base}extras: &x [a]\nadditions: *x\n`, 'E-PRF-SYNTAX', undefined, undefined],
    ['an addition that is none', `${base}additions:\n  - foo bar\n`, 'E-REQ-SYNTAX', 5, undefined],
    ['an odd suite', `${base}systemPackages: {run: {Bookworm: []}}\n`, 'E-PRF-SCHEMA', 4, undefined],
  ])('with %s is refused with its place', async (_, text, code, line, hint) => {
    const expected = { code, at: { path: 'p.yaml', ...(line === undefined ? {} : { line }) } }
    await expect(parseProfile(text, 'p.yaml')).rejects.toMatchObject(
      hint === undefined ? expected : { ...expected, hint },
    )
  })

  it.each([
    ['nested brackets', `${base}extras: ${'['.repeat(20_000)}`],
    ['aliases that multiply', `a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n${base}`],
    ['__proto__ as a key', `${base}__proto__: {polluted: true}\n`],
  ])('with %s is refused and harms nobody', async (_, text) => {
    await expect(parseProfile(text, 'p.yaml')).rejects.toMatchObject({ name: 'SvcsplitError' })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

it.each([
  ['2025.1', undefined, true],
  ['2025.1', '>=2023.1,<2025.1', false],
  ['2025.2', '>=2025.1', true],
  ['2024.2', '<=2024.2', true],
  ['2024.2', '>2024.2', false],
  ['2024.2', '==2024.2', true],
])('release %s lies in %s: %s', (release, range, expected) => {
  expect(inReleaseRange(release, range)).toBe(expected)
})
