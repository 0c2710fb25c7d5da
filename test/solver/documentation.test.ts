import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resolveText } from '#report/resolve-text.js'
import { explainConflicts } from '#solver/conflict.js'
import type { Line } from '#solver/problem.js'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { lines, type SmallUniverse, smallSession } from '../support/universe.js'

/** `nova 33 | lib>=2, base`, then `? nova, !lib==4.1`, then what is printed. */
function parse(block: string): { universe: SmallUniverse; asked: Line[]; answer: string } {
  const [before = '', after = ''] = block.split(/^\? /m)
  const universe: Record<string, Record<string, string[]>> = {}
  for (const line of before.trim().split('\n')) {
    const [release = '', demands = ''] = line.split('|')
    const [name = '', version = ''] = release.trim().split(/\s+/)
    const known = universe[name] ?? {}
    universe[name] = known
    known[version] = demands.split(', ').flatMap((text) => (text.trim() === '' ? [] : [text.trim()]))
  }
  const [question = '', ...answer] = after.split('\n')
  const asked = question.split(', ').flatMap((text) => {
    return text.startsWith('!') ? lines([text.slice(1)], 'pin', 'constraint') : lines([text])
  })
  return { universe, asked, answer: answer.join('\n') }
}

describe('docs/solver.md', () => {
  const text = readFileSync('docs/solver.md', 'utf8')
  const blocks = [...text.matchAll(/^```solver\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)

  it('has examples', () => expect(blocks.length).toBeGreaterThan(4))

  it.each(
    blocks.map((block) => [/^\? (.*)$/m.exec(block)![1]!, block]),
  )('shows what comes of: %s', (_, block) => {
    const { universe, asked, answer } = parse(block)
    const session = smallSession(universe)
    const outcome = finish(solve(session, { lines: asked }))
    const result =
      outcome.kind === 'unsolvable'
        ? ({ kind: 'conflicts', offline: false, ...finish(explainConflicts(session, asked)) } as const)
        : outcome
    expect(resolveText(result, { width: 110, color: false }).trim()).toBe(answer.trim())
  })
})
