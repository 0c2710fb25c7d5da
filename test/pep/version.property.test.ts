import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, parseVersion, type Version } from '#pep/version.js'
import { version } from './arbitraries.js'

describe('the order of versions', () => {
  it('is total: turned round, through a third, and the same for equal ones', () => {
    fc.assert(
      fc.property(version, version, version, (x, y, z) => {
        const [a, b, c] = [parseVersion(x), parseVersion(y), parseVersion(z)] as [Version, Version, Version]
        expect(compareVersions(a, a)).toBe(0)
        expect(compareVersions(a, b)).toBe(-compareVersions(b, a) || 0)
        const sorted = [a, b, c].sort(compareVersions) as [Version, Version, Version]
        expect(compareVersions(sorted[0], sorted[2])).toBeLessThanOrEqual(0)
        if (compareVersions(a, b) === 0) expect(compareVersions(a, c)).toBe(compareVersions(b, c))
      }),
    )
  })

  it('is the one that PEP 440 tells, segment by segment', () => {
    fc.assert(
      fc.property(version, version, (x, y) => {
        expect(compareVersions(parseVersion(x), parseVersion(y))).toBe(compareByTheBook(x, y))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the canonical spelling', () => {
  it('is read back as the same version', () => {
    fc.assert(
      fc.property(version, (text) => {
        const parsed = parseVersion(text)
        expect(parseVersion(parsed.text)).toEqual(parsed)
        expect(parseVersion(` v${text.toUpperCase()}\n`).text).toBe(parsed.text)
      }),
    )
  })
})

type Key = (bigint | string | Key)[]

/** PEP 440's order over lists of exact numbers: slow, and nothing like the code that it checks. */
function compareByTheBook(x: string, y: string): number {
  return compareKeys(keyOf(x), keyOf(y))
}

function keyOf(text: string): Key {
  const found = /^(?:(\d+)!)?([\d.]+?)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?(?:\+(.*))?$/.exec(
    text,
  )!
  const [, epoch, release, label, pre, post, dev, local] = found
  const numbers = release!.split('.').map(BigInt)
  while (numbers.at(-1) === 0n) numbers.pop()
  const isEarly = label === undefined && post === undefined && dev !== undefined
  const rank = label === undefined ? (isEarly ? -1 : 3) : ['a', 'b', 'rc'].indexOf(label)
  return [
    BigInt(epoch ?? 0),
    numbers,
    [BigInt(rank), BigInt(pre ?? 0)],
    BigInt(post ?? -1),
    dev === undefined ? [1n] : [0n, BigInt(dev)],
    (local?.split('.') ?? []).map(
      (segment): Key => (/^\d+$/.test(segment) ? [1n, BigInt(segment)] : [0n, segment]),
    ),
  ]
}

function compareKeys(a: Key, b: Key): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [left, right] = [a[at], b[at]]
    if (left === undefined) return -1
    if (right === undefined) return 1
    if (Array.isArray(left) && Array.isArray(right)) {
      const inner = compareKeys(left, right)
      if (inner !== 0) return inner
    } else if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
