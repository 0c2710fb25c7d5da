import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatTicks, parseTicks } from '#report/html/page/ticks.js'

it('keeps every set of ticked steps in an address', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(400)), (numbers) => {
      const text = formatTicks(new Set(numbers))
      expect(text).toMatch(/^[-.0-9a-z]+$/)
      expect([...parseTicks(text, 401)].sort()).toEqual([...numbers].sort())
    }),
  )
})

it('ticks nothing that is not there, whatever the address says', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('0-999999', '5-2', '-', '..', 'none', '1e9', '0-')),
      fc.nat(20),
      (text, count) => {
        for (const number of parseTicks(text, count)) expect(number).toBeLessThan(count)
      },
    ),
  )
})
