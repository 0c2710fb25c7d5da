import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readElf } from '#verify/elf.js'
import { tinyElf } from './small-image.js'

const shape = fc.record(
  {
    needed: fc.array(fc.stringMatching(/^[a-z0-9_.+-]{1,30}$/), { maxLength: 20 }),
    runPath: fc.stringMatching(/^\$ORIGIN\/[a-z.]{1,20}$/),
    soname: fc.stringMatching(/^[a-z]{1,10}\.so\.[0-9]$/),
    machine: fc.constantFrom(3, 40, 62, 183),
    bits: fc.constantFrom(32, 64),
  },
  { requiredKeys: ['needed', 'machine', 'bits'] },
)

describe('an ELF file', () => {
  it('gives what was written into it', () => {
    fc.assert(
      fc.property(shape, (written) => {
        const { runPath, ...rest } = written
        expect(readElf(tinyElf(written as Parameters<typeof tinyElf>[0]))).toEqual({
          ...rest,
          runPath: runPath === undefined ? [] : [runPath],
        })
      }),
    )
  })

  it('is read or refused, and never makes the reader fail, however it was damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(shape, damage, fc.option(fc.nat()), (written, changes, cut) => {
        const bytes = tinyElf(written as Parameters<typeof tinyElf>[0])
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const read = readElf(cut === null ? bytes : bytes.subarray(0, cut % bytes.length))
        expect(typeof read === 'string' || Array.isArray(read.needed)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
