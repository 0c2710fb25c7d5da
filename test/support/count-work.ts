import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'

/** What a piece of work asks of the machine, in numbers that no clock and no other process disturbs. */
export interface Work {
  /** Files opened to be read or written. */
  readonly files: number
  /** Bytes given to hash functions. */
  readonly hashed: number
  /** Bytes that came out of inflating. */
  readonly inflated: number
}

const none: Work = { files: 0, hashed: 0, inflated: 0 }

/** Runs something and counts what it opens, hashes and inflates; one at a time. */
export async function countWork<T>(
  run: () => Promise<T> | T,
): Promise<{ readonly result: T; readonly work: Work }> {
  let work = none
  const add = (key: keyof Work, more: number): void => {
    work = { ...work, [key]: work[key] + more }
  }
  const undo: (() => void)[] = []
  const watch = <K extends string>(
    owner: { [key in K]: (...args: never[]) => unknown },
    key: K,
    see: (args: readonly unknown[], result: unknown) => void,
  ): void => {
    const before = owner[key]
    owner[key] = function (this: unknown, ...args: never[]) {
      const result = before.apply(this, args)
      see(args, result)
      return result
    }
    undo.push(() => {
      owner[key] = before
    })
  }
  for (const key of ['openSync', 'readFileSync'] as const) watch(fs as never, key, () => add('files', 1))
  for (const key of ['open', 'readFile', 'writeFile'] as const)
    watch(fs.promises as never, key, () => add('files', 1))
  watch(zlib as never, 'inflateRawSync', (_, result) => {
    const { buffer } = result as { readonly buffer: Uint8Array }
    add('inflated', result instanceof Uint8Array ? result.length : buffer.length)
  })
  const hash = Object.getPrototypeOf(createHash('sha256'))
  watch(hash, 'update', ([data]) => add('hashed', Buffer.byteLength(data as Buffer)))
  syncBuiltinESMExports()
  try {
    const result = await run()
    return { result, work }
  } finally {
    for (const back of undo) back()
    syncBuiltinESMExports()
  }
}
