import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Resolver } from '#surface/resolve.js'
import { readTexts } from './sources.js'

const lines = [
  'x = 1',
  'def f(a, *b, c=d, **e):',
  '    return a.b(c=1)',
  'class C(D.e, metaclass=M):',
  '\tpass',
  'try:',
  'except E as e:',
  'from . import *',
  'import a.b as c',
  'match x:',
  '    case {"a": [b, *_], **c}:',
  'f"{x!r:{y}}"',
  '"""',
  '((([{',
  'print "x"',
  'lambda: (yield)',
  '\f',
  '# coding: latin-1',
  '@',
  'global x',
  'del x',
  '\\',
  '\uFEFF',
  '\u0000',
]

describe('sources that nobody would write', () => {
  it('gives names or a place for any lines of Python, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), async (chosen) => {
        const facts = await readTexts({ 'p/__init__.py': chosen.join('\n') })
        expect(Object.keys(facts.modules).length + facts.unread.length).toBe(1)
        for (const { line } of facts.unread) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(chosen.length + 1)
        }
        const { entity } = new Resolver(facts).follow('p.nothing')
        if (facts.unread.length > 0) expect(entity).toEqual({ is: 'unknown', reason: 'unparsed' })
      }),
      { numRuns: 150 },
    )
  })

  it('gives names or a place for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const facts = await readTexts({ 'p/__init__.py': bytes })
        expect(Object.keys(facts.modules).length + facts.unread.length).toBe(1)
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['parentheses', '('.repeat(100_000)],
    ['brackets that close', `x = ${'['.repeat(3_000)}${']'.repeat(3_000)}`],
    ['operators', `x = ${'1 + '.repeat(20_000)}1`],
    ['attributes', `x = a${'.b'.repeat(20_000)}`],
    ['calls', `x = ${'f('.repeat(3_000)}${')'.repeat(3_000)}`],
    ['blocks', Array.from({ length: 1_500 }, (_, depth) => `${' '.repeat(depth)}if x:`).join('\n')],
  ])('does not overflow on nested %s', async (_, text) => {
    const facts = await readTexts({ 'p/__init__.py': text })
    expect(facts.unread).toHaveLength(1)
  })

  it('reads a generated module of five megabytes', { timeout: 120_000 }, async () => {
    const rest = 'text '.repeat(20)
    const text = Array.from({ length: 44_000 }, (_, index) => `NAME_${index} = '${rest}'`).join('\n')
    expect(text.length).toBeGreaterThan(5_000_000)
    const resolver = new Resolver(await readTexts({ 'p/__init__.py': text }))
    expect(resolver.follow('p.NAME_43999').entity.is).toBe('value')
    expect(resolver.follow('p.NAME_44000').entity.is).toBe('gone')
  })
})
