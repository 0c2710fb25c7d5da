import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { SvcsplitError } from '#errors.js'
import { readChunks } from '#io/files.js'
import { type DebianPackage, glibcOfPackages, parseDpkgStatus } from './dpkg-status.js'

/** What a base image has to say before anything is put on it. */
export interface RootfsFacts {
  /** `3.11` */
  readonly python: string
  /** `/usr/bin/python3.11` */
  readonly pythonPath: string
  /** `2.36` */
  readonly glibc: string
  /** Sorted by name. */
  readonly packages: readonly DebianPackage[]
  /** Absolute paths of files that run with the rights of their owner or group, sorted. */
  readonly setuid: readonly string[]
}

/** One layer as it lies on disk. */
export interface LayerFile {
  readonly path: string
  readonly compression: 'none' | 'gzip'
}

/** Nothing that is kept comes near: libc.so.6 has 2 MB, a long dpkg status 5 MB. */
const maxKeptBytes = 32 * 1024 * 1024
/** More entries than any base has; a base is refused before it can fill the memory. */
const maxEntries = 2_000_000

interface Kept {
  readonly type: string
  readonly mode: number
  readonly linkname: string | undefined
  /** Only of files whose text is needed. */
  readonly content: Buffer | undefined
}

const pythonForm = /^usr\/(?:local\/)?bin\/python3(?:\.\d+)?$/
const libcForm = /(?:^|\/)(?:lib|lib64)\/(?:[^/]+\/)?libc(?:-2\.\d+)?\.so(?:\.6)?$/
const statusForm = /^var\/lib\/dpkg\/status(?:\.d\/[^/]+)?$/

/**
 * Reads the layers from the lowest to the highest and looks for Python, glibc, dpkg's record and setuid
 * files, with what upper layers replace or take away. `wanted` is the Python to prefer if there are several.
 * @throws E-IMG-BASE
 */
export async function readRootfsFacts(
  layers: readonly LayerFile[],
  name: string,
  wanted?: string,
): Promise<RootfsFacts> {
  const files = new Map<string, Kept>()
  for (const layer of layers) await readLayer(layer, files, name)
  const packages = packagesOf(files)
  const python = pythonOf(files, name, wanted)
  return { ...python, glibc: glibcOf(files, packages, name), packages, setuid: setuidOf(files) }
}

async function readLayer(layer: LayerFile, files: Map<string, Kept>, name: string): Promise<void> {
  const unpack = extract()
  const source = Readable.from(readChunks(layer.path), { objectMode: false })
  const feeding =
    layer.compression === 'gzip' ? pipeline(source, createGunzip(), unpack) : pipeline(source, unpack)
  // awaited below; a failure while the entries are read must not count as unhandled
  feeding.catch(() => undefined)
  const fresh = new Map<string, Kept>()
  let entries = 0
  try {
    for await (const entry of unpack) {
      const { header } = entry
      if (++entries > maxEntries) throw new Error(`more than ${maxEntries} entries`)
      const path = header.name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
      const base = path.slice(path.lastIndexOf('/') + 1)
      if (base.startsWith('.wh.')) takeAway(files, path.slice(0, path.length - base.length), base)
      else if (isKept(path, header.mode ?? 0, header.type ?? 'file'))
        fresh.set(path, {
          type: header.type ?? 'file',
          mode: header.mode ?? 0,
          linkname: header.linkname ?? undefined,
          content: needsContent(path, header.type ?? 'file')
            ? await content(entry as unknown as AsyncIterable<Uint8Array>, header.size ?? 0)
            : undefined,
        })
      else files.delete(path)
      entry.resume()
    }
    await feeding
  } catch (cause) {
    throw new SvcsplitError('E-IMG-BASE', `${name}: a layer cannot be read: ${messageOf(cause)}`, {
      at: { path: layer.path },
      cause,
    })
  }
  for (const [path, kept] of fresh) files.set(path, kept)
}

/** Whiteouts (image-spec, layer.md): `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` the whole folder. */
function takeAway(files: Map<string, Kept>, folder: string, base: string): void {
  const gone = base === '.wh..wh..opq' ? folder : `${folder}${base.slice('.wh.'.length)}`
  for (const path of [...files.keys()])
    if (base === '.wh..wh..opq' ? path.startsWith(gone) : path === gone || path.startsWith(`${gone}/`))
      files.delete(path)
}

function isKept(path: string, mode: number, type: string): boolean {
  if (pythonForm.test(path) || statusForm.test(path) || libcForm.test(path)) return true
  return type === 'file' && (mode & 0o6000) !== 0
}

function needsContent(path: string, type: string): boolean {
  return type === 'file' && (statusForm.test(path) || libcForm.test(path))
}

async function content(entry: AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  if (size > maxKeptBytes) throw new Error(`a file of ${size} bytes where a few millions are expected`)
  const chunks: Uint8Array[] = []
  for await (const chunk of entry) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function packagesOf(files: ReadonlyMap<string, Kept>): readonly DebianPackage[] {
  const packages = [...files]
    .filter(([path]) => statusForm.test(path))
    .flatMap(([, kept]) => parseDpkgStatus(kept.content?.toString('utf8') ?? ''))
  return packages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** As PATH has it in official images: /usr/local/bin before /usr/bin, and there what `python3` means. */
function pythonOf(
  files: ReadonlyMap<string, Kept>,
  name: string,
  wanted: string | undefined,
): { python: string; pythonPath: string } {
  const found: { python: string; pythonPath: string }[] = []
  for (const folder of ['usr/local/bin', 'usr/bin']) {
    const named = /python(3\.\d+)$/.exec(files.get(`${folder}/python3`)?.linkname ?? '')?.[1]
    const present = [...files.keys()]
      .map((path) => new RegExp(`^${folder}/python(3\\.\\d+)$`).exec(path)?.[1])
      .filter((version) => version !== undefined)
      .sort((a, b) => Number(b.slice(2)) - Number(a.slice(2)))
    const first = named !== undefined && present.includes(named) ? [named] : []
    for (const python of [...first, ...present.filter((version) => !first.includes(version))])
      found.push({ python, pythonPath: `/${folder}/python${python}` })
  }
  const chosen = found.find(({ python }) => python === wanted) ?? found[0]
  if (chosen !== undefined) return chosen
  throw new SvcsplitError('E-IMG-BASE', `${name} has no /usr/bin/python3.X and no /usr/local/bin/python3.X`, {
    hint: 'take a base with Python, such as debian:bookworm',
  })
}

/** glibc says its version in its own text; dpkg's record is the quicker place. */
function glibcOf(files: ReadonlyMap<string, Kept>, packages: readonly DebianPackage[], name: string): string {
  const packaged = glibcOfPackages(packages)
  if (packaged !== undefined) return packaged
  for (const [path, kept] of files) {
    if (!libcForm.test(path) || kept.content === undefined) continue
    const said = /GNU C Library [^\n\0]{0,200}?version (\d+\.\d+)/.exec(kept.content.toString('latin1'))?.[1]
    if (said !== undefined) return said
  }
  throw new SvcsplitError('E-IMG-BASE', `${name} has no glibc, so manylinux wheels cannot run in it`, {
    hint: 'images with musl (Alpine) cannot be a base; take one with glibc, such as debian:bookworm',
  })
}

function setuidOf(files: ReadonlyMap<string, Kept>): readonly string[] {
  return [...files]
    .filter(([, kept]) => kept.type === 'file' && (kept.mode & 0o6000) !== 0)
    .map(([path]) => `/${path}`)
    .sort()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
