import { describe, expect, it } from 'vitest'
import { fuzz } from './run.js'
import { targets } from './targets.js'

/** In CI the same inputs every time; elsewhere new ones in every run, and a red one tells its seed. */
const seed =
  process.env.CI === 'true' ? 20_261_126 : Number(process.env.SVCSPLIT_FUZZ_SEED ?? Date.now() % 2 ** 31)

describe(`ten thousand changed inputs (seed ${seed})`, () => {
  it.each(
    targets.map((target) => [target.name, target] as const),
  )('%s: each is refused with a code, or means what it says', async (_name, target) => {
    const { faults } = await fuzz(target, 10_000, seed)
    expect(faults).toEqual([])
  })
})
