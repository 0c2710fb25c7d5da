import fc from 'fast-check'
import { expect, it } from 'vitest'
import { logicalLines, placeIn } from '#inputs/text-lines.js'

const piece = fc.constantFrom(
  'foo>=1',
  ' ',
  '\t',
  '#',
  ' # why',
  '\n',
  '\n\n',
  'a[b]',
  "; os_name == 'x'",
  '--pre',
)
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))

it('plain text is read as text with anything else in it', () => {
  fc.assert(
    fc.property(text, (plain) => {
      // A comment beyond ASCII at the end sends the same lines through the general reader.
      expect(logicalLines(`${plain}\n# caf\u00e9`, 'r.txt')).toEqual(logicalLines(`${plain}\n`, 'r.txt'))
    }),
  )
})

it('each logical line stands where its place says', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('\n', '\r\n', '\r'), (plain, end) => {
      const lines = plain.split('\n')
      for (const line of logicalLines(lines.join(end), 'r.txt')) {
        const { line: number, column } = placeIn('r.txt', line)
        expect(lines[number! - 1]!.slice(column! - 1).startsWith(line.text)).toBe(true)
      }
    }),
  )
})

it('continued lines keep the place of each part', () => {
  const [line] = logicalLines('  foo>=1, \\\n    <2 # why\n', 'r.txt')
  expect(line!.text).toBe('foo>=1,     <2')
  expect(placeIn('r.txt', line!, line!.text.indexOf('<2'))).toMatchObject({ line: 2, column: 5 })
})
