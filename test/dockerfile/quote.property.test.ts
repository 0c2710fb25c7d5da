import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Place, quote } from '#dockerfile/quote.js'

/** Text that tries to get out: everything that a shell, a Containerfile or JSON gives a meaning. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'\'"\\$`#<>&|;(){}[]*?~!= \n\r\t\u0000\u0085\u2028a') }),
)

const holdable = hostile.filter((text) => !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text))

/** How Containerfile readers take the value of ENV: double quotes, backslash before `\`, `"` and `$`. */
function readVariable(text: string): string {
  expect(text).toMatch(/^"(?:[^"\\$]|\\[\\"$])*"$/)
  return text.slice(1, -1).replace(/\\([\\"$])/g, '$1')
}

describe('a value in a Containerfile', () => {
  it('is the same text in an exec form', () => {
    fc.assert(
      fc.property(holdable, (text) => {
        expect(JSON.parse(quote(text, 'json'))).toBe(text)
      }),
    )
  })

  it('is the same text in a variable', () => {
    fc.assert(
      fc.property(holdable, (text) => {
        expect(readVariable(quote(text, 'variable'))).toBe(text)
      }),
    )
  })

  it('is the same word to a shell', () => {
    fc.assert(
      fc.property(fc.array(holdable, { minLength: 1, maxLength: 50 }), (texts) => {
        const words = texts.map((text) => quote(text, 'shell')).join(' ')
        const output = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' })
        expect(output).toBe(texts.map((text) => `${text}\0`).join(''))
      }),
      { numRuns: 40 },
    )
  })

  it('never ends its line, nor joins the next one to it', () => {
    const places: readonly Place[] = ['json', 'shell', 'variable', 'comment']
    fc.assert(
      fc.property(holdable, fc.constantFrom(...places), (text, place) => {
        const written = quote(text, place)
        expect(written).not.toMatch(/[\n\r]/)
        expect(written).not.toMatch(/[\\`]\s*$/)
      }),
    )
  })

  it('is shown in a comment, control characters included', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(quote(text, 'comment')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|[\\`]\s*$/)
      }),
    )
  })

  it.each(['json', 'shell', 'variable'] as const)('is refused as %s with a control character', (place) => {
    for (const text of ['a\nRUN x', 'a\r', '\0', '\u001b[31m', '\u2028', '\ud800'])
      expect(() => quote(text, place)).toThrow(expect.objectContaining({ code: 'E-PRF-SCHEMA' }))
  })
})
