import { describe, expect, it } from 'vitest'
import { formatMarker } from '#pep/marker-format.js'
import { parseRequirement } from '#pep/requirement.js'
import { formatSpecifierSet } from '#pep/specifier-set.js'
import { formatRequirement } from '../support/format-requirement.js'
import { answers, differences, outcome } from './answers.js'

type Row =
  | [text: string]
  | [
      text: string,
      name: string,
      extras: string[],
      specifiers: string,
      url: string | null,
      marker: string | null,
    ]
const rows = answers<Row[]>('requirements')

describe('requirements agree with packaging 26.3', () => {
  it('on what is one, and on every part of it', () => {
    const actual = ([text]: Row) => {
      const requirement = outcome(() => parseRequirement(text))
      if ('code' in requirement) return [text]
      const { rawName, extras, specifiers, url, marker } = requirement
      const printed = marker === undefined ? null : formatMarker(marker)
      return [text, rawName, extras, formatSpecifierSet(specifiers), url ?? null, printed]
    }
    expect(differences(rows, actual, (row) => row)).toEqual([])
    expect(rows.filter((row) => row.length > 1).length).toBeGreaterThan(100)
  })

  it('and read back what they print', () => {
    for (const row of rows) {
      if (row.length === 1) continue
      const printed = formatRequirement(parseRequirement(row[0]))
      expect(formatRequirement(parseRequirement(printed))).toBe(printed)
    }
  })

  it('and a refusal is always one of the codes for requirements, at a place in the text', () => {
    for (const [text, name] of rows) {
      if (name !== undefined) continue
      expect(() => parseRequirement(text)).toThrow(
        expect.objectContaining({
          name: 'SvcsplitError',
          code: expect.stringMatching(/^E-REQ-(SYNTAX|NAME|SPEC|VERSION|EXTRA|MARKER|URL)$/),
          at: expect.objectContaining({ path: '', line: 1, column: expect.any(Number) }),
        }),
      )
    }
  })
})

describe('parseRequirement', () => {
  it.each([
    ['oslo.config >= ', 'E-REQ-SPEC', 16, "no version follows '>='"],
    ['nova==1.0,,<2', 'E-REQ-SPEC', 11, 'no specifier stands between two commas'],
    ['foo bar', 'E-REQ-SYNTAX', 5, "'bar' stands where a specifier, ';' or the end is expected"],
    ['foo = 1', 'E-REQ-SPEC', 5, "'= 1' is no specifier"],
    ['foo>=1 <2', 'E-REQ-SPEC', 8, 'a comma is missing between two specifiers'],
    ['foo (>=1', 'E-REQ-SPEC', 5, "the '(' of the specifiers is not closed"],
    ['foo==not-a-version', 'E-REQ-VERSION', 6, "'not-a-version' is not a version by PEP 440"],
    ['foo; os_nam == "x"', 'E-REQ-MARKER', 6, /^the marker needs a marker variable/],
    ['foo[a,,b]', 'E-REQ-EXTRA', 7, "the extras need an extra, and have ',b]'"],
    ['foo @', 'E-REQ-URL', 6, "no URL follows '@'"],
    ['n\u043eva>=1', 'E-REQ-NAME', 2, "'n\u043eva' is not the name of a distribution: '\u043e' is U+043E"],
    ['foo\u200dbar', 'E-REQ-NAME', 4, /^'foo\\u\{200d\}bar' is not .*: '\\u\{200d\}' is U\+200D$/],
    ['-foo', 'E-REQ-NAME', 1, "'-foo' is not the name of a distribution"],
    ['', 'E-REQ-NAME', 1, 'a requirement starts with the name of a distribution'],
  ])('says of %j what is wrong and where', (text, code, column, message) => {
    expect(() => parseRequirement(text)).toThrow(
      expect.objectContaining({
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        at: { path: '', line: 1, column, text },
      }),
    )
  })

  it('treats names of built-in properties as names', () => {
    expect(parseRequirement('toString').rawName).toBe('toString')
    expect(parseRequirement('constructor>=1').name).toBe('constructor')
  })

  it.each([
    ['a name', 'a'.repeat(1_000_000)],
    ['dashes', `a${'-'.repeat(1_000_000)}`],
    ['extras', `a[${'b,'.repeat(300_000)}c]`],
    ['specifiers', `a${'>=1,'.repeat(50_000)}`],
    ['blanks', `a${' '.repeat(1_000_000)}b`],
    ['opening parentheses', `a;${'('.repeat(1_000_000)}`],
  ])('ends soon on a megabyte of %s', (_, text) => {
    const start = performance.now()
    outcome(() => parseRequirement(text))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
