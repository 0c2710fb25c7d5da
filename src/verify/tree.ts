import type { ReadTarEntry } from '#io/tar-reader.js'
import type { ElfFacts } from './elf.js'

/** One file, folder or link of an image. Two names of one file share one node. */
export interface TreeNode {
  readonly type: 'file' | 'folder' | 'link' | 'other'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Where a link points, as written. */
  readonly target: string
  /** The layer that it comes from, lowest 0. */
  readonly layer: number
  /** Of a file below the environment: URL-safe base64, as RECORD has it. */
  sha256?: string
  /** Of the few files that are read. */
  content?: Buffer
  /** Of an ELF file below the environment; a text says why it cannot be read. */
  elf?: ElfFacts | string
  /** The number under which its bytes were kept, if they were. */
  kept?: number
}

/** The files of an image by their path relative to `/`, all layers applied. */
export type Tree = Map<string, TreeNode>

/** A link chain that is longer goes in a circle (Linux: 40). */
const mostLinks = 40

const types: ReadonlyMap<string, TreeNode['type']> = new Map([
  ['0', 'file'],
  ['2', 'link'],
  ['5', 'folder'],
])

/** The layers below the current one, and what this one says: whiteouts never hide what their own layer brings. */
interface LayerChanges {
  readonly removed: Set<string>
  readonly opaque: Set<string>
  readonly brought: Map<string, TreeNode>
}

export function emptyChanges(): LayerChanges {
  return { removed: new Set(), opaque: new Set(), brought: new Map() }
}

/**
 * Takes one entry of a layer.
 * @returns its node, or a text that says why a layer must not hold such an entry
 */
export function takeEntry(
  tree: Tree,
  changes: LayerChanges,
  entry: ReadTarEntry,
  layer: number,
): TreeNode | string | undefined {
  const { path } = entry
  if (path === '' || path === '.') return undefined
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'a path that is not in its shortest form'
  const name = parts.at(-1)!
  if (name.startsWith('.wh.')) return whiteout(changes, path, name)
  if (entry.type === '1') {
    const target = entry.target.replace(/^(?:\.?\/)+/, '')
    const node = changes.brought.get(target) ?? (isHidden(changes, target) ? undefined : tree.get(target))
    if (node?.type !== 'file') return 'a hard link to something that is no file of the image'
    changes.brought.set(path, node)
    return undefined
  }
  const { mode, uid, gid, size, target } = entry
  const type = types.get(entry.type) ?? 'other'
  const node: TreeNode = { type, mode: mode & 0o7777, uid, gid, size, target, layer }
  changes.brought.set(path, node)
  return node
}

/** Whiteouts (image-spec, layer.md): `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` its whole folder. */
function whiteout(changes: LayerChanges, path: string, name: string): string | undefined {
  const folder = path.slice(0, Math.max(path.length - name.length - 1, 0))
  if (name === '.wh..wh..opq') {
    changes.opaque.add(folder)
    return undefined
  }
  const hidden = name.slice('.wh.'.length)
  if (hidden === '' || hidden === '.' || hidden === '..' || hidden.startsWith('.wh.'))
    return 'a whiteout of nothing'
  changes.removed.add(folder === '' ? hidden : `${folder}/${hidden}`)
  return undefined
}

function isHidden(changes: LayerChanges, path: string): boolean {
  if (changes.removed.has(path) || changes.opaque.has('')) return true
  return parents(path).some((parent) => changes.removed.has(parent) || changes.opaque.has(parent))
}

/** Puts a whole layer on the tree below it. */
export function applyChanges(tree: Tree, changes: LayerChanges): void {
  const replaced = new Set<string>()
  for (const [path, node] of changes.brought)
    if (node.type !== 'folder' && tree.get(path)?.type === 'folder') replaced.add(path)
  if (changes.removed.size > 0 || changes.opaque.size > 0 || replaced.size > 0)
    for (const path of [...tree.keys()])
      if (isHidden(changes, path) || parents(path).some((parent) => replaced.has(parent))) tree.delete(path)
  for (const [path, node] of changes.brought) tree.set(path, node)
}

/** Paths whose parents are not folders of the image: written naively, they would land elsewhere. */
export function strayPaths(tree: Tree): readonly string[] {
  const sound = new Map<string, boolean>()
  const isFolder = (path: string): boolean => {
    const known = sound.get(path)
    if (known !== undefined) return known
    const node = tree.get(path)
    // A folder that no layer lists is made when something lies in it.
    const fits = node === undefined || node.type === 'folder'
    sound.set(path, fits)
    return fits
  }
  return [...tree.keys()].filter((path) => !parents(path).every(isFolder))
}

/** The folders above a path, the nearest first. */
export function parents(path: string): readonly string[] {
  const found: string[] = []
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    found.push(path.slice(0, at))
  return found
}

/**
 * Follows links as a process in the image would.
 * @param path relative to `/`
 * @returns the path that is meant, whether or not something is there; none for a circle
 */
export function resolvePath(tree: Tree, path: string): string | undefined {
  let left = path.split('/')
  let done: string[] = []
  let links = 0
  while (left.length > 0) {
    const [part, ...rest] = left as [string, ...string[]]
    left = rest
    if (part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    const here = [...done, part]
    const node = tree.get(here.join('/'))
    if (node?.type !== 'link') {
      done = here
      continue
    }
    if (++links > mostLinks || left.length > 4096) return undefined
    if (node.target.startsWith('/')) done = []
    left = [...node.target.split('/'), ...left]
  }
  return done.join('/')
}

/** The node that a path means, links followed. */
export function nodeAt(tree: Tree, path: string): TreeNode | undefined {
  const resolved = resolvePath(tree, path)
  return resolved === undefined ? undefined : tree.get(resolved)
}

/** The program that a process of the image would start by this name; its path relative to `/`. */
export function programPath(tree: Tree, program: string, path: string): string | undefined {
  const candidates = program.includes('/')
    ? [program]
    : path.split(':').map((folder) => `${folder.startsWith('/') ? folder : ''}/${program}`)
  return candidates
    .map((candidate) => resolvePath(tree, candidate))
    .find((found) => {
      const node = found === undefined ? undefined : tree.get(found)
      return node?.type === 'file' && (node.mode & 0o111) !== 0
    })
}
