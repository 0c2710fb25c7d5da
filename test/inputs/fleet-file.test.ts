import { describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { fleetOfRelease, parseFleetFile } from '#inputs/fleet-file.js'

const { releases } = loadFleet()
const parse = (text: string) => parseFleetFile(text, 'fleet.yaml', releases)

describe('a fleet file', () => {
  it('needs little: releases, and what is not as usual', async () => {
    const fleet = await parse('release: epoxy\nservices:\n  nova: {release: "2025.2"}\n  glance: {}\n')
    expect([...fleet.services.values()].map(({ service, release }) => `${service}@${release}`)).toEqual([
      'nova@2025.2',
      'glance@2025.1',
    ])
    expect(fleet).toMatchObject({ engine: 'podman', python: '3.11', platform: 'linux/amd64' })
    expect(fleet.services.get('glance')).toMatchObject({ replicas: 1, at: { line: 4 } })
  })

  it('tells each container by itself where that is wanted', async () => {
    const fleet = await parse(
      'release: "2025.1"\nservices:\n  keystone:\n    containers:\n      - {name: k1, port: 5001, backend: api/k1}\n      - {name: k2, port: 5002}\n',
    )
    expect(fleet.services.get('keystone')!.containers).toEqual([
      { name: 'k1', port: 5001, backend: 'api/k1', arguments: [], volumes: [], environment: {} },
      { name: 'k2', port: 5002, arguments: [], volumes: [], environment: {} },
    ])
  })

  const head = 'release: "2025.1"\n'
  it.each([
    ['no services', head, 'E-FLT-SCHEMA', 1, undefined],
    ['an unknown key', `${head}service: {}\nservices: {nova: {}}\n`, 'E-FLT-SCHEMA', 2, undefined],
    ['an unknown service', `${head}services:\n  nvoa: {}\n`, 'E-SVC-UNKNOWN', 3, undefined],
    ['an unknown release', `${head}services:\n  nova: {release: epoxi}\n`, 'E-REL-UNKNOWN', 3, 19],
    ['a release that is a number', 'release: 2025.1\nservices: {nova: {}}\n', 'E-FLT-SCHEMA', 1, 10],
    ['no release', 'services:\n  nova: {}\n', 'E-FLT-STATE', 2, undefined],
    [
      'an image and a host',
      `${head}hosts: {a: {release: "2025.1"}}\nservices:\n  nova: {image: a/b, on: a}\n`,
      'E-FLT-STATE',
      4,
      26,
    ],
    ['a host that is not there', `${head}services:\n  nova: {on: b}\n`, 'E-FLT-STATE', 3, 14],
    [
      'a host of another release',
      `${head}hosts: {a: {release: "2025.2"}}\nservices:\n  nova: {on: a}\n`,
      'E-FLT-STATE',
      4,
      14,
    ],
    ['units without a host', `${head}services:\n  nova: {units: [a.service]}\n`, 'E-FLT-STATE', 3, undefined],
    [
      'one container twice',
      `${head}services:\n  nova: {containers: [{name: a}]}\n  glance: {containers: [{name: a}]}\n`,
      'E-FLT-STATE',
      4,
      undefined,
    ],
    [
      'one port twice',
      `${head}services:\n  nova: {containers: [{name: a, port: 1}, {name: b, port: 1}]}\n`,
      'E-FLT-STATE',
      3,
      undefined,
    ],
    [
      'a name with a line break',
      `${head}services:\n  nova: {environment: {A: "b\\nc"}}\n`,
      'E-FLT-SCHEMA',
      3,
      undefined,
    ],
    [
      'a volume that is none',
      `${head}services:\n  nova: {volumes: [/etc/nova]}\n`,
      'E-FLT-SCHEMA',
      3,
      undefined,
    ],
    ['not YAML', `${head}services: [\n`, 'E-FLT-SYNTAX', undefined, undefined],
    ['nothing', '', 'E-FLT-SYNTAX', 1, undefined],
    ['an alias', `${head}services: &a {nova: {}}\nhosts: *a\n`, 'E-FLT-SYNTAX', undefined, undefined],
    [
      '__proto__ as a service',
      `${head}services: {__proto__: {release: "2025.1"}}\n`,
      undefined,
      2,
      undefined,
    ],
  ])('with %s is refused with its place', async (_, text, code, line, column) => {
    await expect(parse(text)).rejects.toMatchObject({
      ...(code === undefined ? { name: 'SvcsplitError' } : { code }),
      at: {
        path: 'fleet.yaml',
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
      },
    })
  })
})

it('a fleet of a release has all of its services', () => {
  expect(fleetOfRelease(releases, '2025.1').services.size).toBe(15)
})
