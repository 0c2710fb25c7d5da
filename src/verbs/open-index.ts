import { type IndexCatalog, indexCatalog } from '#catalog/index-catalog.js'
import { findIndexes } from '#catalog/index-url.js'
import type { BuildMetadata } from '#catalog/metadata-source.js'
import { type Http, openHttp } from '#io/http.js'
import type { Progress } from '#progress.js'

export interface IndexRequest {
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  readonly offline?: boolean
  /** Files that were uploaded then or later do not exist: milliseconds since the epoch. */
  readonly excludeNewer?: number
  /** Connections at once. */
  readonly jobs?: number
  readonly cacheDir: string
  readonly buildMetadata?: BuildMetadata
  readonly progress?: Progress
}

/** The package index of a run: found and opened when it is first needed, so that a warm cache asks nobody. */
export interface LazyIndex {
  readonly http: Http
  /** @throws E-IDX-UNKNOWN */
  open(): Promise<IndexCatalog>
  close(): Promise<void>
}

export function lazyIndex(request: IndexRequest): LazyIndex {
  const { indexUrl, extraIndexUrls, offline, excludeNewer, jobs, cacheDir, buildMetadata, progress } = request
  const http = openHttp({
    ...(offline === undefined ? {} : { offline }),
    ...(jobs === undefined ? {} : { concurrency: jobs }),
    ...(progress === undefined ? {} : { progress }),
  })
  let opened: Promise<IndexCatalog> | undefined

  async function openNow(): Promise<IndexCatalog> {
    const { urls } = await findIndexes({
      ...(indexUrl === undefined ? {} : { indexUrl }),
      ...(extraIndexUrls === undefined ? {} : { extraIndexUrls }),
    })
    const [first, ...rest] = urls
    return indexCatalog({
      indexUrl: first,
      extraIndexUrls: rest,
      http,
      cacheDir,
      ...(excludeNewer === undefined ? {} : { excludeNewer }),
      ...(buildMetadata === undefined ? {} : { buildMetadata }),
    })
  }

  return {
    http,
    open: () => {
      opened ??= openNow()
      return opened
    },
    close: () => http.close(),
  }
}
