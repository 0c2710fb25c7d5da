import { describe, expect, it } from 'vitest'
import { describeError } from '#cli/print-error.js'
import { loadFleet } from '#inputs/fleet.js'
import { additionOf, parseProfile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { sudoersText } from '#inputs/sudoers.js'
import { readTextSync } from '#io/files.js'
import { profileAdditions } from '#verbs/service-release.js'

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

  it.each(services)('say for every release how %s is started, by one process of each name', (service) => {
    const { processes, directories } = fleet.profile(service)
    for (const { name } of fleet.releases.list) {
      const names = processes
        .filter(({ releases }) => inReleaseRange(name, releases))
        .map((process) => process.name)
      expect(names.length).toBeGreaterThan(0)
      expect(names).toEqual([...new Set(names)])
    }
    expect(directories.some((path) => path.startsWith('/var/lib/'))).toBe(true)
  })
})

describe('a profile', () => {
  it('knows the line of each addition', async () => {
    const profile = await parseProfile(`${base}additions:\n  - PyMySQL\n  - foo[bar]>=1\n`, 'p.yaml')
    expect(profile.additions[1]!.at).toMatchObject({ path: 'p.yaml', line: 6, column: 5 })
    expect(additionOf(profile.additions[1]!)).toMatchObject({ name: 'foo', extras: ['bar'] })
  })

  it('adds to some releases what others do without', async () => {
    const text = `${base}additions:\n  - {requirement: "bar<82", releases: "<2025.1", reason: it went away}\n`
    const profile = await parseProfile(text, 'p.yaml')
    const addedIn = (release: string) =>
      profileAdditions(profile, release).map(({ requirement, at }) => [requirement.name, at])
    expect(addedIn('2024.2')).toEqual([['bar', expect.objectContaining({ path: 'p.yaml', line: 5 })]])
    expect(addedIn('2025.1')).toEqual([])
  })

  it('says what sudo has to know of a release', () => {
    const ironic = loadFleet().profile('ironic')
    expect(sudoersText(ironic, '2025.1', '/opt/venv')).toBe(
      'Defaults:ironic !requiretty\nironic ALL = (root) NOPASSWD: /opt/venv/bin/ironic-rootwrap /etc/ironic/rootwrap.conf *\n',
    )
    expect(sudoersText(ironic, '2025.2', '/opt/venv')).toBe('')
  })

  it('serves a WSGI application by uWSGI, and starts what has no command by its name', async () => {
    const text = `${base}processes:\n  - {name: foo-api, wsgi: "foo.wsgi:make()", port: 80}\n  - name: foo-worker\n`
    const { processes } = await parseProfile(text, 'p.yaml')
    expect(processes[0]!.command).toEqual(
      expect.arrayContaining(['uwsgi', '--module=foo.wsgi:make()', '--http-socket=0.0.0.0:80']),
    )
    expect(processes[1]!.command).toEqual(['foo-worker'])
  })

  // Each mistake of its own kind, with the whole error as a person reads it.
  it.each([
    ['an unknown key', 'extra: []'],
    ['an unknown key far from any other', 'replicas: 3'],
    ['a key of a process that is misspelt', 'processes: [{name: a, comand: [a]}]'],
    ['text where a list belongs', 'extras: ldap'],
    ['a list where a map belongs', 'data: [etc/foo]'],
    ['a number where text belongs', 'processes: [{name: a, releases: 2025.1}]'],
    ['text where a number belongs', 'processes: [{name: a, port: http}]'],
    ['a port that does not exist', 'processes: [{name: a, port: 70000}]'],
    ['a process without a name', 'processes: [{command: [a]}]'],
    ['an empty command', 'processes: [{name: a, command: []}]'],
    ['a range that is none', 'processes: [{name: a, releases: ">2025"}]'],
    ['a range that holds nothing', 'processes:\n  - {name: a, releases: ">=2025.1,<2024.1"}'],
    [
      'one process twice',
      'processes:\n  - {name: a, releases: "<2025.2"}\n  - {name: a, releases: ">=2025.1"}',
    ],
    ['a WSGI application without a port', 'processes:\n  - name: a\n    wsgi: a.b:c'],
    ['a WSGI application that is only a module', 'processes:\n  - {name: a, wsgi: a.b, port: 80}'],
    ['a health check without a port', 'processes:\n  - name: a\n    health: /'],
    ['an odd suite', 'systemPackages: {run: {Bookworm: []}}'],
    ['a package with a version', 'systemPackages: {run: {all: ["qemu-utils (>= 8)"]}}'],
    ['a binding without modules', 'bindings: [{package: python3-rados}]'],
    ['a folder that is no absolute path', 'directories: [var/lib/foo]'],
    ['a folder that leads elsewhere', 'directories: [/var/lib/../../etc]'],
    ['a folder twice', 'directories: [/var/lib/foo, /var/log/foo, /var/lib/foo]'],
    ['two folders in one place', 'data: {etc/foo: /etc/foo, share/foo: /etc/foo}'],
    ['a sudo rule for everything', 'sudoers: [{command: ALL; reboot}]'],
    ['an addition that is none', 'additions:\n  - foo bar'],
    ['an addition with a key that is misspelt', 'additions:\n  - {requirement: foo, release: "<2025.1"}'],
    ['an addition for no release', 'additions:\n  - {requirement: foo, releases: "<2024.1,>=2024.1"}'],
    ['a key twice', 'service: bar'],
    ['an unknown tag', "extras: !!js/function 'x'"],
    ['a tab as indent', 'data:\n\tetc/foo: /etc/foo'],
    ['a quote that is not closed', 'extras: ["ldap]'],
    ['a second document', `---\n${base.trim()}`],
    ['an alias', 'extras: &x [a]\nadditions: *x'],
  ])('with %s is refused with its place and a way on', async (_, lines) => {
    const text = `${base}${lines}\n`
    const told = await parseProfile(text, 'p.yaml').then(
      () => 'is accepted',
      (error) => describeError(error, false).text,
    )
    expect(told).toMatchSnapshot()
  })

  it('with an addition with half an operator says how pins are written', async () => {
    await expect(parseProfile(`${base}additions:\n  - foo>1,=1.0\n`, 'p.yaml')).rejects.toMatchObject({
      code: 'E-REQ-SPEC',
      hint: 'pins are written ==',
      at: { path: 'p.yaml', line: 5 },
    })
  })

  it.each([
    ['a name that leads outside', base.replace('service: foo', 'service: ../x'), 'E-PRF-SCHEMA', 1],
    ['root as its user', base.replace('uid: 42400', 'uid: 0'), 'E-PRF-SCHEMA', 3],
    ['no user', 'service: foo\ndistribution: foo\n', 'E-PRF-SCHEMA', 1],
    ['nothing', '', 'E-PRF-SYNTAX', 1],
  ])('with %s is refused', async (_, text, code, line) => {
    await expect(parseProfile(text, 'p.yaml')).rejects.toMatchObject({ code, at: { path: 'p.yaml', line } })
  })

  it.each([
    ['nested brackets', `${base}extras: ${'['.repeat(20_000)}`],
    ['nested keys', `${base}${'? '.repeat(20_000)}`],
    ['keys in keys of one line', `${base}extras: [a-${'<<: '.repeat(5_000)}]\n`],
    ['keys in the lines of a text', `${base}extras:>\n${'>\n'.repeat(900)}${': '.repeat(5_000)}\n`],
    ['nested entries', `${base}extras:\n  ${'- '.repeat(20_000)}a`],
    [
      'lines indented ever more',
      Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    ],
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
