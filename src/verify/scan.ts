import { createHash, type Hash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import { layoutBlob, readLayoutImage } from '#image/layout.js'
import type { LooseFiles } from '#io/loose-files.js'
import { readLayer, refuseLayer } from '#io/read-layer.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import type { ImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import type { Manifest } from '#oci/manifest.js'
import type { Progress } from '#progress.js'
import { isElf, readElf } from './elf.js'
import type { Report } from './finding.js'
import { applyChanges, emptyChanges, strayPaths, type Tree, type TreeNode, takeEntry } from './tree.js'

/** An image of which every byte was read. */
export interface ScannedImage {
  /** The layout that it lies in. */
  readonly dir: string
  readonly digest: Digest
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** How many layers, from below, are the base's. */
  readonly baseLayers: number
  /** Relative to `/`: `opt/venv`. */
  readonly prefix: string
  readonly tree: Tree
  /** Set-uid and set-gid files and folders above the base, with their mode. */
  readonly privileged: readonly { readonly path: string; readonly mode: number }[]
  readonly entries: number
  /** Unpacked. */
  readonly bytes: number
  /** False if a layer could not be read as it should be: what lies in it is not known then. */
  readonly sound: boolean
}

export interface ScanOptions {
  readonly dir: string
  /** Its name, or the descriptor that an index gives it. */
  readonly image?: string | Descriptor
  /** Of the environment; absolute. */
  readonly prefix: string
  /** Keeps the bytes of all files, to unpack them later. */
  readonly loose?: LooseFiles
  readonly progress?: Progress
}

/** More than any image has: a hostile one ends here and not with the disk or memory. */
const mostEntries = 2_000_000
const mostBytes = 32 * 1024 ** 3
const mostKept = 512 * 1024 ** 2
const largestElf = 1024 ** 3
const largestText = 64 * 1024 ** 2

/**
 * Reads all layers of an image once: digests, sizes and diffIDs are recomputed, paths that stand twice are
 * found, and the files that all layers together give are known afterwards.
 * @throws SvcsplitError E-IMG-REF, E-IMG-FORM, E-IMG-DIGEST (of manifest and config), E-FS-*
 */
export async function scanImage(options: ScanOptions, report: Report): Promise<ScannedImage> {
  const { dir, image, progress } = options
  const { descriptor, manifest, config } = await readLayoutImage(dir, image)
  const expected = config.rootfs.diff_ids
  const state: ScanState = {
    tree: new Map(),
    privileged: [],
    venvLayer: undefined,
    entries: 0,
    bytes: 0,
    kept: 0,
    options: { ...options, prefix: options.prefix.slice(1) },
    report,
  }
  let sound = expected.length === manifest.layers.length
  if (!sound) report('digest', 'error', `${manifest.layers.length} layers, but ${expected.length} diffIDs`)
  for (const [index, layer] of manifest.layers.entries()) {
    progress?.step?.('read layers', index, manifest.layers.length)
    try {
      const diffId = await scanLayer(state, layer, index)
      if (expected[index] !== undefined && diffId !== expected[index]) {
        sound = false
        report(
          'digest',
          'error',
          `layer ${index} unpacks to ${diffId}, and the config says ${expected[index]}`,
        )
      }
    } catch (error) {
      if (!(error instanceof SvcsplitError) || !['E-IMG-DIGEST', 'E-IMG-FORM'].includes(error.code))
        throw error
      sound = false
      const member = error.at !== undefined && 'archive' in error.at ? error.at.member : undefined
      const rule = error.code === 'E-IMG-DIGEST' ? 'digest' : 'layer'
      report(rule, 'error', `layer ${index} (${layer.digest}): ${error.message}`, member)
    }
  }
  progress?.step?.('read layers', manifest.layers.length, manifest.layers.length)
  for (const path of strayPaths(state.tree)) {
    sound = false
    report('layer', 'error', 'lies below something that is not a folder', path)
  }
  const said = manifest.annotations?.get('io.svcsplit.base.layers') ?? ''
  // Without the annotation the environment is taken for the first thing that is not the base's.
  const baseLayers = /^[0-9]{1,4}$/.test(said) ? Number(said) : (state.venvLayer ?? manifest.layers.length)
  return {
    dir,
    digest: descriptor.digest,
    manifest,
    config,
    baseLayers,
    prefix: state.options.prefix,
    tree: state.tree,
    privileged: state.privileged
      .filter(({ layer }) => layer >= baseLayers)
      .map(({ path, mode }) => ({ path, mode })),
    entries: state.entries,
    bytes: state.bytes,
    sound,
  }
}

interface ScanState {
  readonly tree: Tree
  readonly privileged: { path: string; mode: number; layer: number }[]
  venvLayer: number | undefined
  entries: number
  bytes: number
  kept: number
  readonly options: ScanOptions
  readonly report: Report
}

async function scanLayer(state: ScanState, layer: Descriptor, index: number): Promise<Digest> {
  const archive = layoutBlob(state.options.dir, layer.digest)
  const changes = emptyChanges()
  const seen = new Set<string>()
  const file = fileReader(state, archive)
  const walker = tarWalker(
    {
      entry(entry) {
        if (++state.entries > mostEntries) throw tooMuch(archive, `more than ${mostEntries} entries`)
        if (seen.has(entry.path)) state.report('layer', 'error', `stands twice in layer ${index}`, entry.path)
        seen.add(entry.path)
        const node = takeEntry(state.tree, changes, entry, index)
        if (typeof node === 'string') {
          state.report('layer', 'error', `${node}, in layer ${index}`, entry.path)
          return false
        }
        if (node === undefined) return false
        if (isBelow(entry.path, state.options.prefix)) state.venvLayer ??= index
        if ((node.mode & 0o6000) !== 0)
          state.privileged.push({ path: entry.path, mode: node.mode, layer: index })
        return node.type === 'file' && file.begin(entry, node) ? 'pieces' : false
      },
      piece: (bytes) => file.piece(bytes),
      complete: () => file.complete(),
    },
    refuseLayer(archive),
  )
  let diffId: Digest
  try {
    diffId = await readLayer(archive, layer, (chunk) => {
      state.bytes += chunk.length
      if (state.bytes > mostBytes) throw tooMuch(archive, `more than ${mostBytes} bytes unpacked`)
      walker.push(chunk)
    })
    walker.end()
  } finally {
    // What a broken layer has brought is told too.
    applyChanges(state.tree, changes)
  }
  return diffId
}

/** Hashes, keeps or unpacks one file after the other, as much as each needs. */
function fileReader(state: ScanState, archive: string) {
  const { prefix, loose } = state.options
  let node: TreeNode | undefined
  let hash: Hash | undefined
  let parts: Buffer[] | undefined
  let elf: 'unknown' | 'yes' | 'no' = 'no'
  let keep = false
  return {
    begin(entry: ReadTarEntry, of: TreeNode): boolean {
      const inside = isBelow(entry.path, prefix)
      keep = isText(entry.path, prefix, entry.size)
      if (keep) state.kept += entry.size
      if (state.kept > mostKept) throw tooMuch(archive, 'too many large texts')
      if (!inside && !keep && loose === undefined) return false
      node = of
      hash = inside ? createHash('sha256') : undefined
      elf = inside ? 'unknown' : 'no'
      parts = keep || inside ? [] : undefined
      if (loose !== undefined) of.kept = loose.begin()
      return true
    },
    piece(bytes: Buffer): void {
      hash?.update(bytes)
      loose?.write(bytes)
      if (parts === undefined) return
      if (elf === 'unknown' && parts.length === 0 && bytes.length >= 4)
        elf = isElf(bytes) && node!.size <= largestElf ? 'yes' : 'no'
      // Fewer than four bytes in the first piece: at the edge of a chunk.
      if (keep || elf !== 'no') parts.push(bytes)
      else parts = undefined
    },
    complete(): void {
      if (hash !== undefined) node!.sha256 = hash.digest('base64url')
      loose?.end()
      if (parts !== undefined) {
        const bytes = Buffer.concat(parts)
        if (elf !== 'no' && isElf(bytes)) node!.elf = readElf(bytes)
        if (keep) node!.content = bytes
      }
      node = undefined
      parts = undefined
    },
  }
}

/** The files that are read as text. */
function isText(path: string, prefix: string, size: number): boolean {
  if (size > largestText) return false
  if (path.startsWith('etc/'))
    return path === 'etc/passwd' || path === 'etc/ld.so.conf' || path.startsWith('etc/ld.so.conf.d/')
  if (path.startsWith('var/lib/dpkg/status'))
    return path === 'var/lib/dpkg/status' || path.startsWith('var/lib/dpkg/status.d/')
  if (!isBelow(path, prefix)) return false
  const rest = path.slice(prefix.length + 1)
  if (rest === 'pyvenv.cfg') return true
  if (rest.startsWith('bin/')) return size <= 1024 ** 2
  if (rest.endsWith('.pth')) return size <= 1024 ** 2
  return /^lib\/python3\.[0-9]+\/site-packages\/[^/]+\.dist-info\/(?:METADATA|RECORD|entry_points\.txt)$/.test(
    rest,
  )
}

export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder) && path[folder.length] === '/'
}

function tooMuch(path: string, problem: string): SvcsplitError {
  return new SvcsplitError('E-IMG-FORM', problem, { at: { path } })
}
