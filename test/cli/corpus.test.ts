import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCodes } from '#errors.js'
import { elsewhere, lastRow, notHere } from '../corpus/elsewhere.js'
import { rows } from '../corpus/families.js'
import { inProcess } from '../corpus/in-process.js'
import { indexOfPages, pageOf, withoutExample } from '../corpus/page.js'
import type { Row } from '../corpus/row.js'
import { type Answer, answerOf, faultsOf, ownProcess } from '../corpus/sandbox.js'
import { keepRows } from '../support/reliability.js'

const root = join(import.meta.dirname, '../..')
const cheap = rows.filter(({ long }) => long !== true)
/** `npm run corpus`: each row in a process of its own, with its time and its memory. */
const isLong = process.env.SVCSPLIT_RELIABILITY === '1'
/** Some in a process of their own: what only `main.ts` and a fresh Node can get wrong. */
const separate = isLong ? rows : cheap.filter((_, position) => position % 25 === 0)

function told(answer: { exit: number; stdout: string; stderr: string }): string {
  return `exit ${answer.exit}\n${answer.stdout.slice(0, 1500)}${answer.stderr.slice(0, 1500)}`
}

/** By the processor: on a busy machine the clock tells of others. */
function costsTooMuch(row: Row, { peakMiB = 0, cpuMilliseconds = 0 }: Answer): readonly string[] {
  const [memory, seconds] = [row.peakMiB ?? 256, row.seconds ?? 2]
  return [
    ...(peakMiB < memory ? [] : [`${Math.round(peakMiB)} MiB, not ${memory}`]),
    ...(cpuMilliseconds < seconds * 1000 ? [] : [`${Math.round(cpuMilliseconds)} ms, not ${seconds} s`]),
  ]
}

const answers = new Map<string, Promise<Answer>>()

/** Each row is run once, whoever asks first. */
function answerTo(row: Row): Promise<Answer> {
  const answer = answers.get(row.id) ?? answerOf(row, inProcess)
  answers.set(row.id, answer)
  return answer
}

describe('bad input', () => {
  it.each(cheap.map((row) => [row.id, row.given, row] as const))('%s: %s', async (_id, _given, row) => {
    const answer = await answerTo(row)
    expect(faultsOf(row, answer), told(answer)).toEqual([])
  })
})

describe('bad input to a process of its own', () => {
  const measured: (Answer & { readonly faults: number; readonly isRefused: boolean })[] = []

  it.each(separate.map((row) => [row.id, row.given, row] as const))(
    '%s: %s',
    async (_id, _given, row) => {
      const answer = await answerOf(row, ownProcess)
      const faults = [...faultsOf(row, answer), ...costsTooMuch(row, answer)]
      measured.push({ ...answer, faults: faults.length, isRefused: row.exit !== 0 })
      expect(faults, told(answer)).toEqual([])
    },
    120_000,
  )

  it.runIf(isLong)('leaves its figures for docs/reliability.md', () => {
    keepRows('corpus', [
      {
        promise: 'P7',
        what: 'bad inputs, each to a process of its own (longest by the processor, of those refused): the code, place and exit code of its row, nothing written outside',
        tried: measured.length,
        injected: measured.length,
        survived: measured.filter(({ faults }) => faults === 0).length,
        losses: measured.filter(({ faults }) => faults > 0).length,
        longestMs: Math.round(
          Math.max(
            ...measured.map(({ cpuMilliseconds = 0, isRefused }) => (isRefused ? cpuMilliseconds : 0)),
          ),
        ),
        peakMiB: Math.round(Math.max(...measured.map(({ peakMiB }) => peakMiB ?? 0))),
        command: 'npm run corpus',
      },
    ])
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

describe('the page of an error code', () => {
  const pages = join(root, 'docs/errors')
  const codes = Object.keys(errorCodes) as ErrorCode[]

  /** A generated page is as the code is now; UPDATE=1 writes it. */
  function expectPage(name: string, text: string): void {
    mkdirSync(pages, { recursive: true })
    if (process.env.UPDATE === '1') writeFileSync(join(pages, name), text)
    expect(readFileSync(join(pages, name), 'utf8')).toBe(text)
  }

  it.each(codes)('%s', async (code) => {
    const row = cheap.find((one) => one.code === code && one.varies !== true)
    expect(row === undefined, 'either an example, or the test that meets it').toBe(withoutExample.has(code))
    const { [code]: elsewhereTest } = Object.fromEntries(withoutExample)
    if (elsewhereTest !== undefined) expect(readFileSync(join(root, elsewhereTest), 'utf8')).toContain(code)
    expectPage(`${code}.md`, pageOf(code, row, row === undefined ? undefined : await answerTo(row)))
  })

  it('is there for each code and for nothing else, and all are listed', () => {
    expectPage('README.md', indexOfPages())
    const named = readdirSync(pages).map((name) => name.replace(/\.md$/, ''))
    expect(named.sort()).toEqual([...codes, 'README'].sort())
  })
})
