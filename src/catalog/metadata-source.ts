import { createHash } from 'node:crypto'
import { SvcsplitError, visible } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import type { FactCache } from '#io/fact-cache.js'
import { readBytes, readChunks } from '#io/files.js'
import type { Http } from '#io/http.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { isStatic, parseCoreMetadata } from '#pep/core-metadata.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseVersion, tryParseVersion } from '#pep/version.js'
import { checkHash, remoteSource } from './byte-sources.js'
import type { Metadata } from './catalog.js'
import { readSdistMetadata } from './sdist-facts.js'
import type { SimpleFile } from './simple-page.js'
import {
  type EntryPoints,
  entryPointsFromJson,
  entryPointsToJson,
  readWheelEntryPoints,
  readWheelMetadata,
} from './wheel-facts.js'

/** Runs the build backend of an sdist in a sandbox. @returns the text of METADATA */
export type BuildMetadata = (sdist: {
  readonly sdistPath: string
  /** Of the sdist, hex. */
  readonly sha256: string
  readonly filename: string
  readonly distribution: DistributionName
  readonly version: string
}) => Promise<string>

export interface MetadataSourceOptions {
  readonly http: Http
  readonly cache: FactCache
  /** Keeps sdists; without it they live as long as they are read. */
  readonly store: BlobStore | undefined
  readonly buildMetadata?: BuildMetadata
}

export interface MetadataSource {
  /** `pending` says why the metadata of files that exist cannot be had. @throws E-NET-*, E-IDX-*, E-SDT-* */
  metadata(
    name: DistributionName,
    files: readonly SimpleFile[],
  ): Promise<Metadata | { readonly pending: string }>
  entryPoints(files: readonly SimpleFile[]): Promise<EntryPoints | undefined>
}

const maxMetadata = 32 * 1024 * 1024
const maxSdist = 512 * 1024 * 1024

/**
 * The metadata of one version from the cheapest file that tells it truthfully: a wheel's `.metadata` file where the
 * index announces it (PEP 658, 714), else the end of the wheel, else a static PKG-INFO (PEP 643), else a build.
 */
export function openMetadataSource(options: MetadataSourceOptions): MetadataSource {
  const { http, cache } = options
  /** One refusal of an announced `.metadata` file is enough to stop asking this index. */
  let metadataFiles = true

  async function cached(kind: string, file: SimpleFile, make: () => Promise<string>): Promise<string> {
    if (file.sha256 === undefined) return make()
    const present = await cache.get(kind, file.sha256)
    if (present !== undefined) return present
    const text = await make()
    await cache.put(kind, file.sha256, text)
    return text
  }

  async function announced(file: SimpleFile): Promise<string | undefined> {
    if (file.coreMetadata === undefined || !metadataFiles) return undefined
    const answer = await http.get(`${file.url}.metadata`, { allow404: true, maxBytes: maxMetadata })
    if (answer.status !== 200) {
      metadataFiles = false
      return undefined
    }
    checkHash(`${file.filename}.metadata`, answer.body, file.coreMetadata.sha256)
    return answer.body.toString('utf8')
  }

  const wheelText = (file: SimpleFile): Promise<string> =>
    cached('wheel-metadata', file, async () => {
      const text = await announced(file)
      return text ?? readWheelMetadata(await remoteSource(http, file), file.filename)
    })

  /** Runs `use` with the sdist on disk. */
  async function withSdist<T>(file: SimpleFile, use: (path: string) => Promise<T>): Promise<T> {
    const { sha256, size } = file
    if (options.store !== undefined && sha256 !== undefined) {
      const expected = { sha256, ...(size === undefined ? {} : { size }) }
      const healthy = await options.store.check(sha256)
      return use(
        healthy ? options.store.path(sha256) : await http.download(file.url, expected, options.store),
      )
    }
    const { body } = await http.get(file.url, {
      maxBytes: maxSdist,
      headers: { 'accept-encoding': 'identity' },
    })
    return tempDir('svcsplit-sdist-', async (folder) => {
      await writeAtomic(`${folder}/${file.filename}`, body, { durable: false })
      return use(`${folder}/${file.filename}`)
    })
  }

  const sdistText = (file: SimpleFile): Promise<string> =>
    cached('sdist-metadata', file, () =>
      withSdist(file, async (path) => {
        const text = await readSdistMetadata(await readBytes(path, { maxBytes: maxSdist }), file.filename)
        return text ?? ''
      }),
    )

  async function fromSdist(
    name: DistributionName,
    file: SimpleFile,
  ): Promise<Metadata | { pending: string }> {
    const text = await sdistText(file)
    const parsed = text === '' ? undefined : parseMetadata(text, file)
    if (parsed !== undefined && isStatic(parsed)) return toMetadata(name, file, parsed, 'sdist')
    const { buildMetadata } = options
    const known = file.sha256 === undefined ? undefined : await cache.get('built-metadata', file.sha256)
    if (known === undefined && buildMetadata === undefined)
      return { pending: `${file.filename} does not state its metadata: it has to be built` }
    try {
      const text = known ?? (await cached('built-metadata', file, () => build(name, file)))
      return toMetadata(name, file, parseMetadata(text, file), 'build')
    } catch (error) {
      // what does not build here may build elsewhere: the rest of the facts is worth having
      if (error instanceof SvcsplitError && /^E-(?:SDT|EXE)-/.test(error.code))
        return { pending: `${file.filename} does not build: ${error.message}` }
      throw error
    }
  }

  function build(name: DistributionName, file: SimpleFile): Promise<string> {
    const { filename, version } = file
    return withSdist(file, async (sdistPath) => {
      const sha256 = file.sha256 ?? (await sha256OfFile(sdistPath))
      return options.buildMetadata!({ sdistPath, sha256, filename, distribution: name, version })
    })
  }

  return {
    async metadata(name, files) {
      const wheel = chooseWheel(files)
      if (wheel !== undefined)
        return toMetadata(name, wheel, parseMetadata(await wheelText(wheel), wheel), 'wheel')
      const sdist = chooseSdist(files)
      if (sdist === undefined) return { pending: 'the index has neither a wheel nor an sdist of it' }
      return fromSdist(name, sdist)
    },

    async entryPoints(files) {
      const wheel = chooseWheel(files)
      if (wheel === undefined) return undefined
      const text = await cached('wheel-starts-2', wheel, async () =>
        entryPointsToJson(await readWheelEntryPoints(await remoteSource(http, wheel), wheel.filename)),
      )
      return entryPointsFromJson(text)
    },
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readChunks(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** Any wheel tells the metadata of its version; the order only makes the choice the same every time. */
function chooseWheel(files: readonly SimpleFile[]): SimpleFile | undefined {
  const rank = ({ filename }: SimpleFile): number =>
    filename.endsWith('-none-any.whl') ? 0 : /manylinux\w*_x86_64/.test(filename) ? 1 : 2
  return files
    .filter((file) => file.kind === 'wheel')
    .toSorted((a, b) => rank(a) - rank(b) || (a.filename < b.filename ? -1 : 1))[0]
}

function chooseSdist(files: readonly SimpleFile[]): SimpleFile | undefined {
  const rank = ({ filename }: SimpleFile): number =>
    filename.endsWith('.tar.gz') ? 0 : filename.endsWith('.zip') ? 1 : 2
  return files
    .filter((file) => file.kind === 'sdist')
    .toSorted((a, b) => rank(a) - rank(b) || (a.filename < b.filename ? -1 : 1))[0]
}

type CoreMetadata = ReturnType<typeof parseCoreMetadata>

/** The file whose metadata a text is. */
type NamedFile = Pick<SimpleFile, 'filename' | 'version' | 'kind'>

/** @throws E-IDX-METADATA */
export function parseMetadata(text: string, file: NamedFile): CoreMetadata {
  try {
    return parseCoreMetadata(text)
  } catch (cause) {
    throw new SvcsplitError('E-IDX-METADATA', `${file.filename}: ${(cause as Error).message}`, {
      at: { archive: file.filename, member: file.kind === 'wheel' ? 'METADATA' : 'PKG-INFO' },
      cause,
    })
  }
}

/** @throws E-IDX-METADATA where the metadata is that of another distribution or version */
export function toMetadata(
  name: DistributionName,
  file: NamedFile,
  core: CoreMetadata,
  from: Metadata['from'],
): Metadata {
  const stated = tryParseVersion(core.version)?.key
  if (
    normalizeName(core.name) !== name ||
    (stated !== undefined && stated !== parseVersion(file.version).key)
  )
    throw new SvcsplitError(
      'E-IDX-METADATA',
      `${file.filename} says that it is ${visible(core.name, 80)} ${visible(core.version, 40)}`,
    )
  return {
    distribution: name,
    version: file.version,
    requires: core.requiresDist,
    extras: core.providesExtra,
    from,
    ...(core.requiresPython === undefined ? {} : { requiresPython: core.requiresPython }),
  }
}
