import { join } from 'node:path'
import type { Metadata } from '#catalog/catalog.js'
import { loadSnapshot } from '#catalog/snapshot.js'
import { type ErrorCode, SvcsplitError } from '#errors.js'
import { loadFleet } from '#inputs/fleet.js'
import { cacheDir } from '#io/cache-dir.js'
import type { Progress } from '#progress.js'
import type { IndexSource } from '#solver/index-facts.js'
import { type LazyIndex, lazyIndex } from './open-index.js'

export interface IndexSourceOptions {
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly excludeNewer?: number
  readonly progress?: Progress
  /** One that is open already, in place of what the others name; who opened it closes it. */
  readonly index?: LazyIndex
}

const unusable: ReadonlySet<ErrorCode> = new Set(['E-IDX-METADATA', 'E-SDT-FORM'])

/**
 * A package index as the solver asks it. Metadata that is shipped is taken from there where the index lists a file
 * with the very hash that it was read from: that saves a round trip for nearly every version that a release pins.
 */
export function openIndexSource(options: IndexSourceOptions): IndexSource & { close(): Promise<void> } {
  const index = options.index ?? lazyIndex({ ...options, cacheDir: join(cacheDir(), 'index') })
  const shipped = loadSnapshot(...loadFleet().catalogDirs)
  return {
    async listing(name) {
      return (await index.open()).listing(name)
    },
    async metadata(name, version) {
      const catalog = await index.open()
      const known = shipped.metadata(name, version)
      if (known !== undefined) {
        const hashes = new Set(shipped.files(name, version).map(({ sha256 }) => sha256))
        const files = (await catalog.listing(name)).get(version) ?? []
        if (files.some(({ sha256 }) => sha256 !== undefined && hashes.has(sha256))) return known
      }
      let found: Metadata | undefined
      try {
        found = await catalog.metadata(name, version)
      } catch (error) {
        // As installers do: a version whose metadata is wrong is passed over. Bytes that are not those of the hash
        // that the index gives are another matter, and end the run.
        if (!(error instanceof SvcsplitError) || !unusable.has(error.code)) throw error
        return { unusable: error.message }
      }
      if (found !== undefined) return found
      const pending = catalog.pending().find((one) => one.name === name && one.version === version)
      return { missing: pending?.reason ?? 'its metadata cannot be had' }
    },
    close: async () => {
      if (options.index === undefined) await index.close()
    },
  }
}
