import { describe, expect, it } from 'vitest'
import { parseCoreMetadata } from '#pep/core-metadata.js'
import { isValidName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import { answers, differences, outcome } from './answers.js'

type Raw = Record<string, string | string[]>
type Row = [text: string, raw: Raw, unparsed: string[]]
const rows = answers<Row[]>('descriptions')

const minimal = 'Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n'

describe('core metadata agrees with packaging 26.3', () => {
  it('on the fields that are read', () => {
    expect(differences(rows, ([text]) => outcome(() => parseCoreMetadata(text)), expectation)).toEqual([])
    expect(rows.filter((row) => !('code' in expectation(row))).length).toBeGreaterThan(100)
  })
})

/** What packaging read, with its checks of the three required fields, and with continued lines joined. */
function expectation([, raw, unparsed]: Row) {
  const flat = (field: string) => {
    const values = [raw[field] ?? []].flat()
    return values.map((value) => value.replace(/[ \t]*(\r\n|\r|\n)\s*/g, ' ').trim())
  }
  const [metadataVersion, name, version] = ['metadata_version', 'name', 'version'].map(
    (field) => flat(field)[0] ?? '',
  )
  const isComplete = /^[12]\.\d+$/.test(metadataVersion!) && isValidName(name!) && tryParseVersion(version!)
  if (!isComplete || unparsed.includes('requires-python')) return { code: 'E-IDX-METADATA' }
  const optional = (key: string, field: string) => (flat(field).length > 0 ? { [key]: flat(field)[0] } : {})
  return {
    metadataVersion,
    name,
    version,
    ...optional('requiresPython', 'requires_python'),
    requiresDist: flat('requires_dist'),
    providesExtra: flat('provides_extra'),
    dynamic: flat('dynamic').map((field) => field.toLowerCase()),
    ...optional('summary', 'summary'),
    ...optional('license', 'license'),
    ...optional('licenseExpression', 'license_expression'),
    classifiers: flat('classifiers'),
  }
}

describe('parseCoreMetadata', () => {
  it('does not take lines of the body for headers', () => {
    const { requiresDist } = parseCoreMetadata(`${minimal}Requires-Dist: a\n\nRequires-Dist: b\n`)
    expect(requiresDist).toEqual(['a'])
  })

  it.each([
    ['', 'it has no Metadata-Version'],
    ['Metadata-Version: 2.1\nVersion: 1\n', 'it has no Name'],
    [`${minimal}Name: bar\n`, 'it has more than one Name'],
    [`${minimal}Requires-Python: >=3\nRequires-Python: <3\n`, 'it has more than one Requires-Python'],
    ['Metadata-Version: 3.0\nName: foo\nVersion: 1\n', "its Metadata-Version '3.0' is not one that exists"],
    [
      'Metadata-Version: 2.1\nName: -x\x1b\nVersion: 1\n',
      "its Name '-x\\u{1b}' is not the name of a distribution",
    ],
    ['Metadata-Version: 2.1\nName: x\nVersion: one\n', "its Version 'one' is not a version by PEP 440"],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseCoreMetadata(text)).toThrow(
      expect.objectContaining({
        code: 'E-IDX-METADATA',
        message: `the core metadata cannot be used: ${why}`,
      }),
    )
  })

  it('refuses headers without end, soon', () => {
    const start = performance.now()
    expect(() => parseCoreMetadata(`${minimal}${'X: y\n'.repeat(2_000_000)}`)).toThrow('longer than')
    expect(() => parseCoreMetadata(`${minimal}Summary: ${' x\n'.repeat(3_000_000)}`)).toThrow('longer than')
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
