import crypto from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'

/** What a piece of work asks of the machine, in numbers that no clock and no other process disturbs. */
export interface Work {
  /** Files opened to be read or written. */
  readonly files: number
  /** Bytes given to hash functions, at once or in parts. */
  readonly hashed: number
  /** Bytes that came out of inflating and of gunzip. */
  readonly inflated: number
}

const none: Work = { files: 0, hashed: 0, inflated: 0 }

/** Runs something and counts what it opens, hashes and inflates; one at a time. */
export async function countWork<T>(run: () => Promise<T> | T): Promise<{
  readonly result: T
  readonly work: Work
  /** Path of each file as often as it was opened. */
  readonly opened: readonly string[]
}> {
  let work = none
  const opened: string[] = []
  const open = (path: unknown): void => {
    add('files', 1)
    opened.push(String(path))
  }
  const add = (key: keyof Work, more: number): void => {
    work = { ...work, [key]: work[key] + more }
  }
  const undo: (() => void)[] = []
  type Called = (this: unknown, ...args: never[]) => unknown
  const replace = <K extends string>(
    owner: { [key in K]: Called },
    key: K,
    by: (before: Called) => Called,
  ): void => {
    const before = owner[key]
    owner[key] = by(before)
    undo.push(() => {
      owner[key] = before
    })
  }
  const watch = <K extends string>(
    owner: { [key in K]: Called },
    key: K,
    see: (args: readonly unknown[], result: unknown) => void,
  ): void =>
    replace(
      owner,
      key,
      (before) =>
        function (...args) {
          const result = before.apply(this, args)
          see(args, result)
          return result
        },
    )
  watch(fs as never, 'openSync', ([path]) => open(path))
  // some versions of Node open by `fs.openSync` what they read, some do not; a number is a file that is open
  replace(
    fs as never,
    'readFileSync',
    (before) =>
      function (...args) {
        const earlier = opened.length
        const result = before.apply(this, args)
        if (opened.length === earlier && typeof args[0] !== 'number') open(args[0])
        return result
      },
  )
  for (const key of ['open', 'readFile', 'writeFile'] as const)
    watch(fs.promises as never, key, ([path]) => open(path))
  const inflated = (result: unknown): void => {
    const { length } = result instanceof Uint8Array ? result : (result as { buffer: Uint8Array }).buffer
    add('inflated', length)
  }
  for (const key of ['inflateRawSync', 'gunzipSync'] as const)
    watch(zlib as never, key, (_, result) => inflated(result))
  replace(zlib as never, 'gunzip', (before) => (...args) => {
    const done = args.pop() as unknown as (error: Error | null, result: Buffer) => void
    return before(...args, ((error: Error | null, result: Buffer) => {
      if (error === null) inflated(result)
      done(error, result)
    }) as never)
  })
  const hashed = (data: unknown): void => add('hashed', Buffer.byteLength(data as Buffer))
  watch(Object.getPrototypeOf(crypto.createHash('sha256')), 'update', ([data]) => hashed(data))
  watch(crypto as never, 'hash', ([, data]) => hashed(data))
  syncBuiltinESMExports()
  try {
    const result = await run()
    return { result, work, opened }
  } finally {
    for (const back of undo) back()
    syncBuiltinESMExports()
  }
}
