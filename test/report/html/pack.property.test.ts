import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '#report/html/pack.js'

describe('packed JSON', () => {
  it('unpacks to what was packed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = JSON.parse(JSON.stringify(pack(value)))
        expect(unpack(written)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('holds each distinct value once', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 20 }), (values) => {
        const { values: held } = pack([...values, ...values])
        expect(new Set(held.map((value) => JSON.stringify(value))).size).toBe(held.length)
      }),
    )
  })

  it('keeps keys that mean something to JavaScript as keys', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"constructor":"x"}') as object
    const back = unpack(pack(value)) as object
    expect(JSON.stringify(back)).toBe(JSON.stringify(value))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  })

  it('leaves out what is undefined, as JSON does', () => {
    expect(unpack(pack({ a: undefined, b: [1] }))).toEqual({ b: [1] })
  })
})
