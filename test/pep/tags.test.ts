import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { supportedTags } from '#pep/tags.js'
import { answers } from './answers.js'

type Row = [
  python: string,
  machine: 'x86_64' | 'aarch64',
  glibc: string,
  platforms: string[],
  count: number,
  digest: string,
  first: string[],
]
const rows = answers<Row[]>('tags')
const platforms = { x86_64: 'linux/amd64', aarch64: 'linux/arm64' } as const

describe('supportedTags', () => {
  it.each(
    rows,
  )('gives the tags of Python %s on %s with glibc %s in the order of packaging 26.3', (...row) => {
    const [python, machine, glibc, expected, count, digest, first] = row
    const tags = supportedTags({ python, platform: platforms[machine], glibc })
    expect(tags.slice(0, expected.length)).toEqual(
      expected.map((platform) => `cp${python.replace('.', '')}-cp${python.replace('.', '')}-${platform}`),
    )
    expect(tags.slice(0, 5)).toEqual(first)
    expect(tags).toHaveLength(count)
    expect(createHash('sha256').update(tags.join('\n')).digest('hex')).toBe(digest)
  })

  it('takes a patch release for its minor release', () => {
    const environment = { platform: 'linux/amd64', glibc: '2.36' } as const
    expect(supportedTags({ ...environment, python: '3.11.4' })).toEqual(
      supportedTags({ ...environment, python: '3.11' }),
    )
  })

  it.each([
    { python: '2.7', glibc: '2.36' },
    { python: 'x', glibc: '2.36' },
    { python: '3.11', glibc: '1.9' },
    { python: '3.11', glibc: '' },
  ])('refuses Python $python with glibc $glibc', ({ python, glibc }) => {
    expect(() => supportedTags({ python, platform: 'linux/amd64', glibc })).toThrow(
      expect.objectContaining({ code: 'E-REQ-VERSION' }),
    )
  })
})
