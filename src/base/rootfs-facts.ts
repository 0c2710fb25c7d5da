import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { SvcsplitError, visible } from '#errors.js'
import { readChunks } from '#io/files.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import { unpack } from '#io/unpack.js'
import { type Digest, digestOfHex } from '#oci/digest.js'
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
  /** What the config of the image says of its unpacked bytes. */
  readonly diffId: Digest
}

/** Nothing that is kept comes near: libc.so.6 has 2 MB, a long dpkg status 5 MB. */
const maxKeptBytes = 32 * 1024 * 1024
/** More entries than any base has; a base is refused before it can fill the memory. */
const maxEntries = 2_000_000

interface Kept {
  readonly entry: ReadTarEntry
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
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SvcsplitError('E-IMG-BASE', `${name}: a layer cannot be read: ${problem}`, {
      at: { path: layer.path },
      cause,
    })
  }
  const fresh = new Map<string, Kept>()
  let entries = 0
  let asked: ReadTarEntry | undefined
  const walker = tarWalker(
    {
      entry(entry) {
        if (++entries > maxEntries) refuse(`more than ${maxEntries} entries`)
        const { path } = entry
        const base = path.slice(path.lastIndexOf('/') + 1)
        if (base.startsWith('.wh.')) takeAway(files, path.slice(0, path.length - base.length), base)
        else if (isKept(entry)) fresh.set(path, { entry, content: undefined })
        else files.delete(path)
        if (!needsContent(entry)) return false
        if (entry.size > maxKeptBytes)
          refuse(`a file of ${entry.size} bytes where a few millions are expected`)
        asked = entry
        return true
      },
      file(content) {
        fresh.set(asked!.path, { entry: asked!, content })
      },
    },
    (problem, member) => refuse(member === undefined ? problem : `${problem}, at ${visible(member)}`),
  )
  const unpacked = createHash('sha256')
  try {
    await unpack(Readable.from(readChunks(layer.path), { objectMode: false }), layer.compression, (chunk) => {
      unpacked.update(chunk)
      walker.push(chunk)
    })
    walker.end()
  } catch (cause) {
    if (cause instanceof SvcsplitError) throw cause
    refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const diffId = digestOfHex(unpacked.digest('hex'))
  if (diffId !== layer.diffId)
    throw new SvcsplitError(
      'E-IMG-DIGEST',
      `${name}: a layer unpacks to ${diffId}, and the config says ${layer.diffId}`,
      {
        at: { path: layer.path },
        hint: 'fetch the base image again',
      },
    )
  for (const [path, kept] of fresh) files.set(path, kept)
}

/** Whiteouts (image-spec, layer.md): `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` the whole folder. */
function takeAway(files: Map<string, Kept>, folder: string, base: string): void {
  const gone = base === '.wh..wh..opq' ? folder : `${folder}${base.slice('.wh.'.length)}`
  for (const path of [...files.keys()])
    if (base === '.wh..wh..opq' ? path.startsWith(gone) : path === gone || path.startsWith(`${gone}/`))
      files.delete(path)
}

function isKept({ path, type, mode }: ReadTarEntry): boolean {
  if (pythonForm.test(path) || statusForm.test(path) || libcForm.test(path)) return true
  return type === '0' && (mode & 0o6000) !== 0
}

function needsContent({ path, type }: ReadTarEntry): boolean {
  return type === '0' && (statusForm.test(path) || libcForm.test(path))
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
    const named = /python(3\.\d+)$/.exec(files.get(`${folder}/python3`)?.entry.target ?? '')?.[1]
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
    .filter(([, { entry }]) => entry.type === '0' && (entry.mode & 0o6000) !== 0)
    .map(([path]) => `/${path}`)
    .sort()
}
