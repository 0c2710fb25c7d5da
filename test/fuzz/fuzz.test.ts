import { afterAll, describe, expect, it } from 'vitest'
import { keepRows } from '../support/reliability.js'
import { type FuzzReport, fuzz } from './run.js'
import { targets } from './targets.js'

/** In CI the same inputs every time; elsewhere new ones in every run, and a red one tells its seed. */
const seed =
  process.env.CI === 'true' ? 20_261_126 : Number(process.env.SVCSPLIT_FUZZ_SEED ?? Date.now() % 2 ** 31)

/** Changed inputs for all parsers together; `npm run fuzz` has a million. */
const total = Number(process.env.SVCSPLIT_FUZZ_CASES ?? 10_000 * targets.length)
const cases = Math.ceil(total / targets.length)

async function isTaken(target: (typeof targets)[number], seed: Buffer): Promise<boolean> {
  try {
    await target.read(seed)
    return true
  } catch {
    return false
  }
}

const reports: FuzzReport[] = []

describe('what is changed', () => {
  it.each(
    targets.map((target) => [target.name, target] as const),
  )('%s: is taken before', async (_name, target) => {
    // of some parsers one seed shows what is refused
    const taken = await Promise.all(target.seeds.map((seed) => isTaken(target, seed)))
    expect(taken).toContain(true)
  })
})

describe(`changed inputs (seed ${seed})`, () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    '%s: each is refused with a code, or means what it says',
    async (_name, target) => {
      const report = await fuzz(target, cases, seed)
      reports.push(report)
      expect(report.faults).toEqual([])
    },
    3_600_000,
  )

  afterAll(() => {
    const tried = reports.reduce((sum, { cases }) => sum + cases, 0)
    const refused = reports.reduce((sum, report) => sum + report.refused, 0)
    const faults = reports.reduce((sum, report) => sum + report.faults.length, 0)
    keepRows('fuzz', [
      {
        promise: 'P7',
        what: `changed inputs of ${targets.length} parsers: ${refused.toLocaleString('en')} refused with a code, the rest read as what they say`,
        tried,
        injected: tried,
        survived: tried - faults,
        losses: faults,
        longestMs: Math.round(Math.max(...reports.map(({ longestMs }) => longestMs))),
        command: `${total === 1_000_000 ? '' : `SVCSPLIT_FUZZ_CASES=${total} `}npm run fuzz`,
      },
    ])
  })
})
