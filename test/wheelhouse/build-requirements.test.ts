import { describe, expect, it } from 'vitest'
import { normalizeName } from '#pep/name.js'
import {
  buildRequirementsKey,
  exceptionFor,
  parseBuildRequirements,
  readBuildRequirements,
  resolveBuildRequirements,
} from '#wheelhouse/build-requirements.js'

const wheel = (name: string, version: string, requires: readonly string[] = []) => ({
  name,
  version,
  filename: `${name}-${version}-py3-none-any.whl`,
  sha256: Buffer.from(`${name}${version}`).toString('hex').padEnd(64, '0').slice(0, 64),
  size: 1,
  requires,
})

const table = parseBuildRequirements(
  JSON.stringify({
    format: 1,
    wheels: [
      wheel('setuptools', '57.5.0'),
      wheel('setuptools', '80.9.0'),
      wheel('pbr', '7.1.3', ['setuptools']),
      wheel('hatchling', '1.0', ['packaging>=24', "tomli>=1.2.2; python_version < '3.11'"]),
      wheel('packaging', '26.3'),
    ],
    exceptions: [
      { distribution: 'xstatic-*', requires: ['setuptools<58'], why: 'a test' },
      { distribution: 'demo', versions: '<2', packages: ['libdemo-dev'], why: 'a test' },
    ],
  }),
  'table.json',
)

const resolve = (...asked: string[]) =>
  resolveBuildRequirements(table, asked, (requirement) => requirement.marker === undefined, 'demo 1.0').map(
    ({ name, version }) => `${name} ${version}`,
  )

describe('build requirements', () => {
  it('are the newest pinned wheels that fit, with what these need', () => {
    expect(resolve('pbr>=2')).toEqual(['pbr 7.1.3', 'setuptools 80.9.0'])
  })

  it('agree with every demand on one distribution', () => {
    expect(resolve('pbr', 'setuptools<60', 'Setuptools>=40')).toEqual(['pbr 7.1.3', 'setuptools 57.5.0'])
  })

  it('leave out what the markers exclude', () => {
    expect(resolve('hatchling')).toEqual(['hatchling 1.0', 'packaging 26.3'])
  })

  it.each([
    [['setuptools>=90'], 'needs setuptools >=90 (demo 1.0)'],
    [['setuptools<10', 'setuptools>5'], 'needs setuptools'],
    [['maturin'], 'have none'],
  ])('that cannot be had (%j) are told with who wants them and what there is', (asked, text) => {
    expect(() => resolve(...asked)).toThrow(
      expect.objectContaining({
        code: 'E-SDT-BUILD',
        message: expect.stringContaining(text),
        hint: expect.stringContaining('--wheelhouse DIR'),
      }),
    )
  })

  it('have a key that does not depend on their order', () => {
    const [a, b] = table.wheels
    expect(buildRequirementsKey([a!, b!])).toBe(buildRequirementsKey([b!, a!]))
    expect(buildRequirementsKey([a!])).not.toBe(buildRequirementsKey([b!]))
  })

  it('can differ for single distributions and versions', () => {
    expect(exceptionFor(table, normalizeName('XStatic-jQuery'), '1.0')?.requires).toEqual(['setuptools<58'])
    expect(exceptionFor(table, normalizeName('demo'), '1.5')?.packages).toEqual(['libdemo-dev'])
    expect(exceptionFor(table, normalizeName('demo'), '2.0')).toBeUndefined()
  })

  it.each([
    '[]',
    '{"format":2,"wheels":[],"exceptions":[]}',
    '{"format":1,"wheels":[{"name":"x","version":"1","filename":"../x.whl","sha256":"0","size":1,"requires":[]}],"exceptions":[]}',
    '{"format":1,"wheels":[],"exceptions":[{"requires":"x"}]}',
  ])('are refused in another form: %s', (text) => {
    expect(() => parseBuildRequirements(text, 'table.json')).toThrow(
      expect.objectContaining({ code: 'E-CAT-FORM' }),
    )
  })
})

describe('the shipped build requirements', () => {
  const path = new URL('../../constraints/build-requirements.json', import.meta.url).pathname

  it('satisfy themselves: whatever a build is given, it has all of it', async () => {
    const shipped = await readBuildRequirements(path)
    for (const { name, version } of shipped.wheels) {
      const holds = (requirement: { marker?: unknown }) => requirement.marker === undefined
      expect(resolveBuildRequirements(shipped, [`${name}==${version}`], holds, 'a test')).not.toEqual([])
    }
  })
})
