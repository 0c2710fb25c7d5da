import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { existsSync, readTextSync, statusOfSync } from './files.js'
import { writeAtomic } from './write-files.js'

/** Texts derived from files that never change, by kind and the file's sha256; damaged entries are as if absent. */
export interface FactCache {
  get(kind: string, sha256: string): Promise<string | undefined>
  /** Whether there is an entry, be it a damaged one: cheaper than to read it. */
  has(kind: string, sha256: string): boolean
  put(kind: string, sha256: string, text: string): Promise<void>
}

/** Raised when an entry would mean something else than before: older entries then lie in a folder of their own. */
const format = 'facts-1'

export function openFactCache(cacheDir: string): FactCache {
  const pathOf = (kind: string, sha256: string): string =>
    join(cacheDir, format, kind, sha256.slice(0, 2), sha256)
  return {
    async get(kind, sha256) {
      const path = pathOf(kind, sha256)
      // Not through the thread pool: a build asks for a hundred small entries.
      if (statusOfSync(path)?.kind !== 'file') return undefined
      const entry = readIfWhole(path)
      const text = entry.slice(65)
      return entry.slice(0, 65) === `${digestOf(text)}\n` ? text : undefined
    },
    has: (kind, sha256) => existsSync(pathOf(kind, sha256)),
    async put(kind, sha256, text) {
      await writeAtomic(pathOf(kind, sha256), `${digestOf(text)}\n${text}`, { durable: false })
    },
  }
}

function readIfWhole(path: string): string {
  try {
    return readTextSync(path)
  } catch (error) {
    // a half-read or undecodable entry is made again; a folder that may not be read is the user's to mend
    if (error instanceof SvcsplitError && error.code === 'E-FS-ACCESS') throw error
    return ''
  }
}

export function noFactCache(): FactCache {
  return { get: async () => undefined, has: () => false, put: async () => undefined }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
