import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import { type FactCache, noFactCache, openFactCache } from '#io/fact-cache.js'
import type { Http } from '#io/http.js'
import type { DistributionName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { Catalog, DistributionFile, Metadata } from './catalog.js'
import { wasUploadedBefore } from './exclude-newer.js'
import { isUsableOnLinux } from './linux-files.js'
import { type BuildMetadata, type MetadataSource, openMetadataSource } from './metadata-source.js'
import { openPageSource } from './page-source.js'
import type { SimpleFile } from './simple-page.js'
import type { EntryPoints } from './wheel-facts.js'

export interface IndexCatalogOptions {
  /** Base URL of a simple repository (PEP 503). */
  readonly indexUrl: string
  /** Asked in turn for names that the first one does not have. */
  readonly extraIndexUrls?: readonly string[]
  readonly http: Http
  /** Where pages with an expiry, metadata and sdists are kept; none: nothing is kept. */
  readonly cacheDir?: string
  /** Files that were uploaded then or later do not exist: milliseconds since the epoch. */
  readonly excludeNewer?: number
  /** Makes the metadata of an sdist that does not state it; without it such versions are `pending`. */
  readonly buildMetadata?: BuildMetadata
}

/** A version that the index has and whose metadata could not be had. */
export interface PendingMetadata {
  readonly name: DistributionName
  readonly version: string
  readonly reason: string
}

export interface IndexCatalog extends Catalog {
  /** PEP 592: true if every file of the version is yanked. */
  isYanked(name: DistributionName, version: string): Promise<boolean>
  /** Key of the version (PEP 440 equality) -> its files as the index lists them, oldest version first; empty if the name is unknown. */
  listing(name: DistributionName): Promise<ReadonlyMap<string, readonly SimpleFile[]>>
  /** From a wheel; undefined if the version has none. */
  entryPoints(name: DistributionName, version: string): Promise<EntryPoints | undefined>
  /** Versions asked for so far whose metadata could not be had, sorted. */
  pending(): readonly PendingMetadata[]
}

interface Project {
  /** Key of the version -> its files; in PEP 440 order. */
  readonly byVersion: ReadonlyMap<string, readonly SimpleFile[]>
}

/**
 * What an index says, asked for as it is needed. `metadata` is undefined for a version that the index does not have
 * or whose metadata only a build could tell when no `buildMetadata` is given.
 */
export function indexCatalog(options: IndexCatalogOptions): IndexCatalog {
  const { http, cacheDir, excludeNewer } = options
  const cache: FactCache = cacheDir === undefined ? noFactCache() : openFactCache(cacheDir)
  const store: BlobStore | undefined =
    cacheDir === undefined ? undefined : openBlobStore(join(cacheDir, 'sdists'), { durable: false })
  const pages = openPageSource([options.indexUrl, ...(options.extraIndexUrls ?? [])], http, cacheDir)
  const source: MetadataSource = openMetadataSource({
    http,
    cache,
    store,
    ...(options.buildMetadata === undefined ? {} : { buildMetadata: options.buildMetadata }),
  })
  const projects = new Map<DistributionName, Promise<Project>>()
  const known = new Map<string, Promise<Metadata | undefined>>()
  const pending = new Map<string, PendingMetadata>()

  const project = (name: DistributionName): Promise<Project> =>
    remember(projects, name, async () => {
      const files = (await pages.page(name))?.files ?? []
      return groupByVersion(
        excludeNewer === undefined ? files : files.filter((file) => wasUploadedBefore(file, excludeNewer)),
      )
    })

  const filesOf = async (name: DistributionName, version: string): Promise<readonly SimpleFile[]> =>
    (await project(name)).byVersion.get(keyOf(version)) ?? []

  return {
    async versions(name) {
      return [...(await project(name)).byVersion.values()].map((files) => files[0]!.version)
    },

    metadata(name, version) {
      return remember(known, `${name} ${keyOf(version)}`, async () => {
        const files = await filesOf(name, version)
        if (files.length === 0) return undefined
        const found = await source.metadata(name, files)
        if (!('pending' in found)) return found
        pending.set(`${name} ${version}`, { name, version: files[0]!.version, reason: found.pending })
        return undefined
      })
    },

    async files(name, version) {
      const files = await filesOf(name, version)
      return Promise.all(files.filter(hasSizeOrIsUsable).map((file) => toDistributionFile(http, file)))
    },

    async isYanked(name, version) {
      const files = await filesOf(name, version)
      return files.length > 0 && files.every((file) => file.yanked !== undefined)
    },

    async listing(name) {
      return (await project(name)).byVersion
    },

    async entryPoints(name, version) {
      return source.entryPoints(await filesOf(name, version))
    },

    pending() {
      return [...pending.keys()].sort().map((key) => pending.get(key)!)
    },
  }
}

/** What `===` may name beside PEP 440 versions is kept as it is, and found nowhere. */
function keyOf(version: string): string {
  return tryParseVersion(version)?.key ?? version
}

/** A failure is not remembered: the next one who asks may have more luck. */
function remember<K, V>(map: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  made.catch(() => map.delete(key))
  return made
}

function groupByVersion(files: readonly SimpleFile[]): Project {
  const groups = new Map<string, SimpleFile[]>()
  for (const file of files) {
    const key = keyOf(file.version)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [file])
    else group.push(file)
  }
  return { byVersion: new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** Pages in HTML give no sizes, and asking for one costs a round trip: only for files that an image could use. */
function hasSizeOrIsUsable(file: SimpleFile): boolean {
  return file.size !== undefined || isUsableOnLinux(file.filename)
}

async function toDistributionFile(http: Http, file: SimpleFile): Promise<DistributionFile> {
  if (file.sha256 === undefined)
    throw new SvcsplitError('E-IDX-HASH', `the index gives no sha256 for ${file.filename}`, {
      hint: 'only files that are pinned by sha256 are installed: use an index that states it',
    })
  const { uploadTime, requiresPython, yanked } = file
  return {
    filename: file.filename,
    sha256: file.sha256,
    size: file.size ?? (await sizeOf(http, file.url)),
    url: file.url,
    ...(uploadTime === undefined ? {} : { uploadTime }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(yanked === undefined ? {} : { yanked }),
  }
}

async function sizeOf(http: Http, url: string): Promise<number> {
  const answer = await http.get(url, { range: { start: 0, end: 0 }, maxBytes: 1024 * 1024 * 1024 })
  const total = /\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1]
  return answer.status === 206 && total !== undefined ? Number(total) : answer.body.length
}
