import { describe, expect, it } from 'vitest'
import { bindingFindings, type SystemBinding, upstreamVersion } from '#collisions/system-bindings.js'
import { markerEnvironment } from '#pep/marker-environment.js'
import { normalizeName } from '#pep/name.js'
import { analyze } from '#verbs/analyze.js'

const suites = [
  { name: 'old', python: '3.10', packages: new Map([['python3-virt', '8.0.0-1ubuntu7']]) },
  { name: 'new', python: '3.11', packages: new Map([['python3-virt', '1:9.0.0-4+deb12u2']]) },
]

function found(
  binding: Partial<SystemBinding>,
  python: string,
  demanded: readonly (readonly [string, string])[] = [],
): readonly (string | undefined)[] {
  const bindings = [
    {
      package: 'python3-virt',
      name: normalizeName('python3-virt'),
      at: { path: 'p.yaml', line: 9 },
      ...binding,
    },
  ]
  const environment = markerEnvironment(python, 'linux/amd64')
  const host = { label: '2025.1', python, platform: 'linux/amd64', environment, pins: new Map() }
  const members = new Map(demanded.map(([name, version]) => [normalizeName(name), { version }]))
  return bindingFindings({ service: 'svc', release: '2025.1' }, host, { bindings, suites }, members).map(
    ({ supply }) => supply?.version,
  )
}

describe('system-package', () => {
  it.each([
    ['is had from the suite whose own Python the host has', {}, '3.11', []],
    ['has a patch release of that Python too', {}, '3.11.4', []],
    ['is not to be had for a Python that no suite has', {}, '3.12', ['no suite for Python 3.12']],
    ['is not to be had in a version that the suite does not reach', { floor: '8.1' }, '3.10', ['8.0.0']],
    ['is had where the suite is newer than that', { floor: '8.1' }, '3.11', []],
    ['says nothing of a package that nobody has looked up', { package: 'python3-other' }, '3.12', []],
  ] as const)('a binding %s', (_, binding, python, expected) => {
    expect(found(binding, python)).toEqual(expected)
  })

  it('a binding is there twice where the index has its modules too and they are demanded', () => {
    const binding = { distribution: normalizeName('virt-python') }
    expect(found(binding, '3.11', [['virt-python', '9.1']])).toEqual(['virt-python 9.1'])
    expect(found(binding, '3.11', [['other', '1']])).toEqual([])
  })

  it.each([
    ['1:7.2+dfsg-7+deb12u12', '7.2'],
    ['16.2.15+ds-0+deb12u2', '16.2.15'],
    ['19.2.0~git20240301.4c76c50-0ubuntu6', '19.2.0'],
    ['9.0.0-1', '9.0.0'],
  ])('%s is upstream %s', (version, upstream) => {
    expect(upstreamVersion(version)).toBe(upstream)
  })
})

it('nova on a Python of no known suite lacks libvirt, and on those of the four suites it does not', async () => {
  const on = async (python: string) => {
    const { cells } = await analyze({
      services: ['nova@2026.1'],
      host: '2026.1',
      python,
      platform: 'linux/amd64',
      index: { offline: true },
    })
    return cells[0]!.findings
      .filter(({ rule }) => rule === 'system-package')
      .map(({ distribution }) => distribution)
  }
  expect(await on('3.14')).toEqual(['python3-libvirt', 'python3-rados', 'python3-rbd'])
  for (const python of ['3.10', '3.11', '3.12', '3.13']) expect(await on(python)).toEqual([])
})
