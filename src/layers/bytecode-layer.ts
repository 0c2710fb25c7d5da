import { sortEntries } from '#wheels/install-wheel.js'
import { type LayerEntry, parentFolders } from './layer-stream.js'

/** Says of an image that it has a layer of bytecode, and what form that is of. */
export const bytecodeLabel = 'io.svcsplit.bytecode'
export const bytecodeForm = 'unchecked-hash'

/** A source of the environment, compiled by the Python of its image. */
export interface CompiledFile {
  /** Where Python looks for it, relative to `/`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** URL-safe base64. */
  readonly sha256: string
}

/**
 * Where Python looks for the bytecode of a source.
 * @param path of the source @param python `3.11`
 */
export function bytecodePath(path: string, python: string): string {
  const slash = path.lastIndexOf('/') + 1
  const stem = path.slice(slash).replace(/\.py$/, '')
  return `${path.slice(0, slash)}__pycache__/${stem}.cpython-${python.replace('.', '')}.pyc`
}

/** The entries of a layer that holds compiled files and nothing else. @param bytesOf is asked when a file's turn has come */
export function bytecodeEntries(
  files: readonly CompiledFile[],
  bytesOf: (file: CompiledFile) => Buffer,
): readonly LayerEntry[] {
  const entries: LayerEntry[] = files.map((file) => ({
    type: 'file',
    path: file.path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: file.size,
    content: () => ({ bytes: bytesOf(file) }),
  }))
  return sortEntries([...parentFolders(entries.map(({ path }) => path)), ...entries])
}
