import { createHash } from 'node:crypto'
import { crc32, deflateRawSync, gunzipSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { refuseLayer } from '#io/read-layer.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import { deflate } from '#layers/deflate.js'
import { type LayerEntry, layerStream, parentFolders } from '#layers/layer-stream.js'
import { layerTime } from '#layers/tar-header.js'
import { sortEntries } from '#wheels/install-wheel.js'
import { hashOf } from '#wheels/record.js'

interface File {
  readonly bytes: Buffer
  readonly mode: number
  readonly copied: boolean
}

const part = fc
  .oneof(
    { weight: 5, arbitrary: fc.stringMatching(/^[a-z0-9_.-]{1,12}$/) },
    { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{90,140}$/) },
    { weight: 1, arbitrary: fc.constantFrom('été', '名前', '𝒳', 'a b', 'ü'.repeat(60)) },
  )
  .filter((text) => text !== '.' && text !== '..')
const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array)),
  fc
    .tuple(fc.stringMatching(/^[a-z \n]{1,30}$/), fc.nat(300))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
)
const file = fc.record({ bytes, mode: fc.constantFrom(0o644, 0o755), copied: fc.boolean() })

/** Files of which none stands where another needs a folder. */
const files: fc.Arbitrary<ReadonlyMap<string, File>> = fc
  .array(fc.tuple(path, file), { maxLength: 12 })
  .map((pairs) => {
    const kept = new Map(pairs)
    for (const name of [...kept.keys()])
      if ([...kept.keys()].some((other) => other.startsWith(`${name}/`))) kept.delete(name)
    return kept
  })

function entriesOf(tree: ReadonlyMap<string, File>): readonly LayerEntry[] {
  const entries = [...tree].map(([name, { bytes, mode, copied }]): LayerEntry => {
    const content = copied
      ? { deflated: deflateRawSync(bytes), crc32: crc32(bytes), hash: hashOf(bytes), unpack: () => bytes }
      : { bytes }
    return { type: 'file', path: name, mode, uid: 0, gid: 0, size: bytes.length, content: () => content }
  })
  return sortEntries([...parentFolders(tree.keys()), ...entries])
}

async function write(entries: readonly LayerEntry[]): Promise<{ blob: Buffer; diffId: string }> {
  const stream = layerStream(entries)
  const chunks: Buffer[] = []
  for await (const chunk of stream.chunks) chunks.push(Buffer.from(chunk))
  return { blob: Buffer.concat(chunks), diffId: stream.diffId() }
}

function readByTarStream(
  tar: Buffer,
): Promise<{ name: string; type: string; mode: number; mtime: number; bytes: Buffer }[]> {
  return new Promise((resolve, reject) => {
    const found: { name: string; type: string; mode: number; mtime: number; bytes: Buffer }[] = []
    const reader = extract()
    reader.on('entry', (header, body, next) => {
      const parts: Buffer[] = []
      body.on('data', (chunk) => parts.push(chunk as Buffer))
      body.on('end', () => {
        const { name, type, mode, mtime } = header
        found.push({
          name,
          type: String(type),
          mode: mode!,
          mtime: mtime!.getTime() / 1000,
          bytes: Buffer.concat(parts),
        })
        next()
      })
    })
    reader.on('finish', () => resolve(found))
    reader.on('error', reject)
    reader.end(tar)
  })
}

describe('a layer, whatever its files', () => {
  it('unpacks to a tar that another reader reads back as the same files', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (tree) => {
        const { blob } = await write(entriesOf(tree))

        const found = await readByTarStream(gunzipSync(blob))

        const read = new Map(found.filter(({ type }) => type === 'file').map((entry) => [entry.name, entry]))
        expect([...read.keys()].sort()).toEqual([...tree.keys()].sort())
        for (const [name, { bytes, mode }] of tree) {
          expect(read.get(name)?.bytes.equals(bytes)).toBe(true)
          expect([read.get(name)?.mode, read.get(name)?.mtime]).toEqual([mode, layerTime])
        }
      }),
    )
  })

  it('has the diffID of the tar that it unpacks to', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (tree) => {
        const { blob, diffId } = await write(entriesOf(tree))

        expect(diffId).toBe(`sha256:${createHash('sha256').update(gunzipSync(blob)).digest('hex')}`)
      }),
    )
  })

  it('has the same bytes in whatever order its files are given', async () => {
    await fc.assert(
      fc.asyncProperty(
        files.chain((tree) =>
          fc.tuple(
            fc.constant(tree),
            fc.shuffledSubarray([...tree], { minLength: tree.size, maxLength: tree.size }),
          ),
        ),
        async ([tree, shuffled]) => {
          const one = await write(entriesOf(tree))
          const other = await write(entriesOf(new Map(shuffled)))

          expect(other.blob.equals(one.blob)).toBe(true)
        },
      ),
    )
  })

  it('lists every folder once and before what it holds, in byte order', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (tree) => {
        const seen: ReadTarEntry[] = []
        const walker = tarWalker({ entry: (entry) => seen.push(entry) < 0 }, refuseLayer('layer'))
        walker.push(gunzipSync((await write(entriesOf(tree))).blob))
        walker.end()

        const paths = seen.map((entry) => Buffer.from(entry.path))
        expect(paths).toEqual([...paths].sort(Buffer.compare))
        expect(new Set(seen.map((entry) => entry.path)).size).toBe(seen.length)
        for (const entry of seen) {
          expect([entry.uid, entry.gid, entry.mtime]).toEqual([0, 0, layerTime])
          const parent = entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0))
          if (parent !== '') expect(seen.some(({ path, type }) => path === parent && type === '5')).toBe(true)
        }
      }),
    )
  })
})

describe('own deflate, whatever the bytes', () => {
  it('is unpacked by zlib to the same bytes, and is never much longer than they are', () => {
    const any = fc.oneof(
      bytes,
      fc
        .uint8Array({ minLength: 60_000, maxLength: 140_000, size: 'max' })
        .map((array) => Buffer.from(array)),
      fc
        .tuple(bytes, fc.integer({ min: 1, max: 40 }))
        .map(([piece, times]) => Buffer.concat(Array(times).fill(piece))),
    )
    fc.assert(
      fc.property(any, (input) => {
        const packed = deflate(input)

        expect(inflateRawSync(packed).equals(input)).toBe(true)
        expect(packed.length).toBeLessThanOrEqual(input.length + 5 * Math.ceil(input.length / 65_535 + 1))
      }),
      { numRuns: 200 },
    )
  })
})
