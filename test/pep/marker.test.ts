import { describe, expect, it } from 'vitest'
import { parseMarker } from '#pep/marker.js'
import { evaluateMarker, type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import { formatMarker } from '#pep/marker-format.js'
import { answers, differences, outcome } from './answers.js'

type Values = Record<string, string | string[]>
type Row = [text: string] | [text: string, formatted: string | null, results: string]
const { environments, rows } = answers<{ environments: Record<string, Values>; rows: Row[] }>('markers')

const asked = Object.values(environments).map(({ extra, ...values }) => {
  const environment: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values))
    environment[name] = Array.isArray(value) ? new Set(value) : value
  return {
    environment: environment as unknown as MarkerEnvironment,
    extras: new Set(extra ? [extra as string] : []),
  }
})

describe('markers agree with packaging 26.3', () => {
  it('on what is one, and what it answers in every environment', () => {
    const actual = ([text]: Row) =>
      outcome(() => {
        const marker = parseMarker(text)
        return asked
          .map(({ environment, extras }) => {
            const answer = outcome(() => evaluateMarker(marker, environment, extras))
            return typeof answer === 'object' ? 'e' : Number(answer)
          })
          .join('')
      })
    expect(differences(rows, actual, ([, , results]) => results ?? { code: 'E-REQ-MARKER' })).toEqual([])
  })

  it('on how they are printed, except where packaging would print another marker or none', () => {
    // A backslash or a line break inside a string is printed raw by packaging and does not read back as it was,
    // and a string with both kinds of quotes is refused: here they get escapes (decision 0011).
    const printable = rows.filter(
      ([, formatted]) => formatted !== undefined && !/[\\\n\r\0]/.test(formatted ?? '\\'),
    )
    expect(
      differences(
        printable,
        ([text]) => formatMarker(parseMarker(text)),
        ([, formatted]) => formatted,
      ),
    ).toEqual([])
    expect(printable.length).toBeGreaterThan(500)
  })

  it('and read back what they print', () => {
    for (const [text, formatted] of rows) {
      if (formatted === undefined) continue
      const printed = formatMarker(parseMarker(text))
      expect(formatMarker(parseMarker(printed))).toBe(printed)
    }
  })
})

describe('parseMarker', () => {
  it('takes a hundred thousand terms', () => {
    const marker = parseMarker(Array(100_000).fill('os_name == "posix"').join(' and '))
    expect(evaluateMarker(marker, markerEnvironment('3.11', 'linux/amd64'), new Set())).toBe(true)
  })

  it('refuses parentheses nested beyond any use, open or closed', () => {
    const refused = expect.objectContaining({
      code: 'E-REQ-MARKER',
      message: expect.stringContaining('nested'),
    })
    expect(() => parseMarker('('.repeat(10_000))).toThrow(refused)
    expect(() => parseMarker(`${'('.repeat(10_000)}os_name == "x"${')'.repeat(10_000)}`)).toThrow(refused)
  })

  it.each([
    ['python_version > ', 18, 'the marker needs a marker variable or a quoted string, and has the end'],
    [
      'os_nam == "posix"',
      1,
      'the marker needs a marker variable or a quoted string, and has \'os_nam == "posix"\'',
    ],
    [
      'os_name = "posix"',
      9,
      'the marker needs one of <= < != == >= > ~= === in, not in, and has \'= "posix"\'',
    ],
    ['(os_name == "posix"', 20, "the marker needs ')' for the '(' at column 1, and has the end"],
    ['os_name == "posix', 12, 'the quoted string has no end'],
    ['os_name == "a" os_name', 16, "the marker needs 'and', 'or' or the end, and has 'os_name'"],
  ])('says of %j what is wrong and where', (text, column, message) => {
    expect(() => parseMarker(text)).toThrow(
      expect.objectContaining({ code: 'E-REQ-MARKER', message, at: { path: '', line: 1, column, text } }),
    )
  })

  it('cannot know character names, and says so instead of guessing', () => {
    expect(() => parseMarker('os_name == "\\N{BULLET}"')).toThrow('the quoted string has a broken escape')
  })
})

describe('evaluateMarker', () => {
  const linux = markerEnvironment('3.11', 'linux/amd64')

  it('holds if any of the extras makes it hold', () => {
    const marker = parseMarker('extra == "A_b"')
    expect(evaluateMarker(marker, linux, new Set(['x', 'a.B']))).toBe(true)
    expect(evaluateMarker(marker, linux, new Set(['x']))).toBe(false)
    expect(evaluateMarker(marker, linux, new Set())).toBe(false)
  })

  it('reports a comparison without meaning even if another term decides', () => {
    expect(() =>
      evaluateMarker(parseMarker('os_name == "posix" or os_name ~= "x"'), linux, new Set()),
    ).toThrow(
      expect.objectContaining({
        code: 'E-REQ-MARKER',
        message:
          'the marker os_name ~= "x" has no answer: \'~=\' compares versions, and these are not two versions',
      }),
    )
  })
})

describe('markerEnvironment', () => {
  it('takes X.Y for its newest patch release and X.Y.Z for itself', () => {
    expect(markerEnvironment('3.11', 'linux/amd64').python_full_version).toBe('3.11.18')
    expect(markerEnvironment('3.11.0', 'linux/amd64').python_full_version).toBe('3.11.0')
    expect(markerEnvironment('3.11.0', 'linux/amd64').python_version).toBe('3.11')
  })

  it('names the machine as the platform does', () => {
    expect(markerEnvironment('3.11', 'linux/arm64').platform_machine).toBe('aarch64')
    expect(markerEnvironment('3.11', 'linux/amd64').platform_machine).toBe('x86_64')
  })

  it.each(['3', 'x', '3.11.4.1', '1!3.11', ''])('refuses %j', (python) => {
    expect(() => markerEnvironment(python, 'linux/amd64')).toThrow(
      expect.objectContaining({ code: 'E-REQ-VERSION' }),
    )
  })
})
