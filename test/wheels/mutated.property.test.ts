import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SvcsplitError } from '#errors.js'
import { readWheel } from '#wheels/install-wheel.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { writeWheel } from '../support/wheel-writer.js'

const wheel = writeWheel(
  [
    { name: 'demo/', mode: 0o040755, method: 0 },
    { name: 'demo/__init__.py', content: 'x = 1\n'.repeat(30) },
    { name: 'demo/stored.py', content: 'y = 2\n', method: 0 },
    { name: 'demo/later.py', content: 'z = 3\n'.repeat(9), descriptor: {} },
    { name: 'demo/long.py', content: 'w = 4\n', zip64: true },
    { name: 'demo-1.0.data/scripts/tool', content: '#!python\n', mode: 0o100755 },
  ],
  { entryPoints: '[console_scripts]\ndemo = demo:main\n', zip64: true, comment: Buffer.from('text') },
)

function read(bytes: Buffer): ReadonlyMap<string, string> {
  const { filename, sha256 } = wheel
  const options = { filename, sha256, prefix: '/opt/venv', python: '3.11', requested: false }
  return new Map(
    readWheel(bytes, options).entries.map((entry) => [
      `${entry.mode.toString(8)} ${entry.path}`,
      unpackEntry(entry, bytes, filename).toString('base64'),
    ]),
  )
}

const whole = read(wheel.bytes)

/** What a changed archive may still be: the same files, or other modes that it really says. */
function outcome(bytes: Buffer): 'same' | 'refused' | ReadonlyMap<string, string> {
  try {
    const found = read(bytes)
    const same = [...found].every(([key, value]) => whole.get(key) === value) && found.size === whole.size
    return same ? 'same' : found
  } catch (error) {
    if (error instanceof SvcsplitError) return 'refused'
    throw error
  }
}

describe('a wheel with changed bytes', () => {
  it('is refused with a code, or installs the same files with the same content', () => {
    const change = fc.record({ at: fc.nat(wheel.bytes.length - 1), value: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(wheel.bytes)
        for (const { at, value } of changes) bytes[at] = value

        const result = outcome(bytes)

        // Permission bits stand in one place only, so that a change of them cannot be seen.
        if (typeof result !== 'string')
          expect([...result].map(([key, value]) => [key.slice(4), value])).toEqual(
            [...whole].map(([key, value]) => [key.slice(4), value]),
          )
      }),
      { numRuns: 3000 },
    )
  })

  it('never installs anything else when a piece is cut out, doubled or moved', () => {
    const at = fc.nat(wheel.bytes.length)
    fc.assert(
      fc.property(at, at, at, fc.boolean(), (one, two, three, keep) => {
        const [from, to] = [Math.min(one, two), Math.max(one, two)]
        const piece = wheel.bytes.subarray(from, to)
        const rest = keep
          ? wheel.bytes
          : Buffer.concat([wheel.bytes.subarray(0, from), wheel.bytes.subarray(to)])
        const place = Math.min(three, rest.length)
        const bytes = Buffer.concat([rest.subarray(0, place), piece, rest.subarray(place)])

        // A few fields mean nothing to any reader, such as the version that made the archive.
        expect(bytes.equals(wheel.bytes) ? ['same'] : ['same', 'refused']).toContain(outcome(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})
