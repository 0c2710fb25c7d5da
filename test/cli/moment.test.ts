import { describe, expect, it } from 'vitest'
import { parseMoment } from '#cli/moment.js'

const now = new Date('2026-03-08T12:00:00Z')

describe('a moment', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T10:00:00Z', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T10:00+02:00', '2026-01-31T08:00:00.000Z'],
    ['P7D', '2026-03-01T12:00:00.000Z'],
    ['P0D', '2026-03-08T12:00:00.000Z'],
  ])('may be %s', (text, moment) => {
    expect(new Date(parseMoment(text, now)!).toISOString()).toBe(moment)
  })

  it.each([
    '',
    '7',
    'P7W',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-31T10:00:00',
    '2026-1-1',
    'P99999D',
  ])('is not %j', (text) => {
    expect(parseMoment(text, now)).toBeUndefined()
  })
})
