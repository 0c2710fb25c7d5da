import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { elsewhere, lastRow, notHere } from '../corpus/elsewhere.js'
import { rows } from '../corpus/families.js'
import { inProcess } from '../corpus/in-process.js'
import { answerOf, faultsOf, ownProcess } from '../corpus/sandbox.js'

const root = join(import.meta.dirname, '../..')
const cheap = rows.filter(({ long }) => long !== true)
/** Some in a process of their own: what only `main.ts` and a fresh Node can get wrong. */
const sample = cheap.filter((_, position) => position % 25 === 0)

function told(answer: { exit: number; stdout: string; stderr: string }): string {
  return `exit ${answer.exit}\n${answer.stdout.slice(0, 1500)}${answer.stderr.slice(0, 1500)}`
}

describe('bad input', () => {
  it.each(cheap.map((row) => [row.id, row.given, row] as const))('%s: %s', async (_id, _given, row) => {
    const answer = await answerOf(row, inProcess)
    expect(faultsOf(row, answer), told(answer)).toEqual([])
  })
})

describe('bad input to a process of its own', () => {
  it.each(sample.map((row) => [row.id, row.given, row] as const))('%s: %s', async (_id, _given, row) => {
    const answer = await answerOf(row, ownProcess)
    expect(faultsOf(row, answer), told(answer)).toEqual([])
    expect(answer.peakMiB).toBeLessThan(row.peakMiB ?? 256)
  })
})

describe('the catalog of bad inputs', () => {
  const numberOf = (id: string): number => Number(/^\d+/.exec(id)?.[0] ?? 0)

  it('has each of its rows run here, held by another test, or told why it does not apply', () => {
    const known = new Set([
      ...rows.map(({ id }) => numberOf(id)),
      ...[...elsewhere, ...notHere].map(({ row }) => row),
    ])
    expect(Array.from({ length: lastRow }, (_, i) => i + 1).filter((row) => !known.has(row))).toEqual([])
  })

  it('names each row once', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.filter((id, position) => ids.indexOf(id) !== position)).toEqual([])
  })

  it.each(elsewhere.map((one) => [one.what, one] as const))('has a test for %s', (_what, { test, title }) => {
    expect(existsSync(join(root, test)), test).toBe(true)
    expect(readFileSync(join(root, test), 'utf8')).toContain(`'${title}`)
  })
})
