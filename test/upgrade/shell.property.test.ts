import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bounded, shellLine, shellWord } from '#upgrade/shell.js'

const text = fc.string({ unit: 'grapheme' }).map((one) => one.replace(/[\u0000-\u001f\u007f]/g, ''))

/** The arguments that a shell hands to a program, from one run for many lines. */
function readBack(lines: readonly string[]): string[][] {
  const script = lines.map((line) => `printf '%s\\0' ${line}; printf '\\1'`).join('\n')
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  return stdout
    .split('\u0001')
    .slice(0, -1)
    .map((block) => block.split('\0').slice(0, -1))
}

it('a shell reads back every word as it was', () => {
  const cases = fc.sample(fc.array(text, { minLength: 1, maxLength: 5 }), { numRuns: 400, seed: 7 })
  const hostile = [["'"], ['$(id)', '`id`'], ['a\\', '\\'], ['-n'], ['A=b', '!x', '~', '*'], ['']]
  const all = [...cases, ...hostile]
  expect(readBack(all.map((words) => shellLine(words)))).toEqual(all)
})

it('a shell within a shell does too', () => {
  const words = ["it's", '$HOME', '"', '\\']
  const { stdout } = spawnSync('sh', ['-c', bounded(5, `printf '%s|' ${shellLine(words)}`)], {
    encoding: 'utf8',
  })
  expect(stdout).toBe(words.map((word) => `${word}|`).join(''))
})

it.each(['a\nb', 'a\u0000', '\u001b[2J'])('a control character is refused: %j', (word) => {
  expect(() => shellWord(word)).toThrowError(expect.objectContaining({ code: 'E-CLI-USAGE' }))
})
