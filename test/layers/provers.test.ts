import { createHash } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { type LayerEntry, layerStream } from '#layers/layer-stream.js'
import { hereProver, openProvers, type Prover } from '#layers/provers.js'
import { hashOf } from '#wheels/record.js'

const pool = openProvers(true)
afterAll(() => pool.close())

/** Files of several pieces; one of them is broken where it is asked for. */
function entries(seed: string, broken = -1): readonly LayerEntry[] {
  return Array.from({ length: 40 }, (_, index): LayerEntry => {
    const bytes = Buffer.from(`${seed} ${index} `.repeat(6000))
    const hash = hashOf(index === broken ? Buffer.from('another file') : bytes)
    const unpack = (): Buffer => {
      if (index === broken) throw new Error(`file ${index} of ${seed} is broken`)
      return bytes
    }
    const content = { deflated: deflateRawSync(bytes, { level: 0 }), crc32: crc32(bytes), hash, unpack }
    const path = `file-${String(index).padStart(2, '0')}`
    return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, content: () => content }
  })
}

async function written(
  prover: Prover,
  list: readonly LayerEntry[],
): Promise<{ digest: string; size: number; diffId: string }> {
  const stream = layerStream(list, prover)
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream.chunks) {
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: hash.digest('hex'), size, diffId: stream.diffId() }
}

describe('layers that another thread proves', () => {
  it('come out as those that are proved here, also two at the same time', async () => {
    const provers = pool.provers()
    const [first, second] = [await provers.take(), await provers.take()]

    const [one, other] = await Promise.all([written(first, entries('a')), written(second, entries('b'))])
    provers.give(first)
    provers.give(second)

    const here = hereProver()
    expect(one).toEqual(await written(here, entries('a')))
    expect(other).toEqual(await written(here, entries('b')))
    expect(one.size).toBeGreaterThan(1024 ** 2)
  })

  it('are left as they are until whoever reads them asks for more', async () => {
    const late = async (list: readonly LayerEntry[]): Promise<string> => {
      const provers = pool.provers()
      const prover = await provers.take()
      const hash = createHash('sha256')
      for await (const chunk of layerStream(list, prover).chunks) {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
        hash.update(chunk)
      }
      provers.give(prover)
      return hash.digest('hex')
    }

    const seeds = ['g', 'h', 'i']
    const digests = await Promise.all(seeds.map((seed) => late(entries(seed))))

    for (const [index, seed] of seeds.entries())
      expect(digests[index]).toBe((await written(hereProver(), entries(seed))).digest)
  })

  it('name the file that is not what it should be, and the next layer is proved as if nothing had been', async () => {
    const provers = pool.provers()
    const prover = await provers.take()

    await expect(written(prover, entries('c', 33))).rejects.toThrow('file 33 of c is broken')

    const here = hereProver()
    expect(await written(prover, entries('d'))).toEqual(await written(here, entries('d')))
    provers.give(prover)
  })

  it('are proved here when the other thread has enough to do, and wait when this one has too', async () => {
    const provers = pool.provers()
    const taken: Prover[] = []
    let waiting = provers.take()
    for (;;) {
      const prover = await Promise.race([waiting, undefined])
      if (prover === undefined) break
      taken.push(prover)
      waiting = provers.take()
    }
    const here = taken.at(-1)!
    expect(await written(here, entries('f'))).toEqual(await written(hereProver(), entries('f')))

    provers.give(taken[1]!)
    expect(await waiting).toBe(taken[1])

    for (const prover of taken.reverse()) provers.give(prover)
    const next = await provers.take()
    expect(next).not.toBe(here)
    provers.give(next)
  })

  it('fail with the reason once the thread is gone', async () => {
    const gone = openProvers(true)
    const prover = await gone.provers().take()
    const layer = written(prover, entries('e'))
    await gone.close()

    await expect(layer).rejects.toThrow('thread')
    await expect(prover.end()).rejects.toThrow('thread')
  })
})
