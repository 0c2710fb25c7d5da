import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readBytes, statusOf } from '#io/files.js'
import type { Http, HttpResponse } from '#io/http.js'
import { writeAtomic } from '#io/write-files.js'
import type { DistributionName } from '#pep/name.js'
import { acceptSimple, parseSimplePage, type SimplePage } from './simple-page.js'

interface PageSource {
  /** Undefined if no index has the name. @throws E-NET-*, E-IDX-CONTENT */
  page(name: DistributionName): Promise<SimplePage | undefined>
}

/** A page as it was served, so that it can be asked for again by its ETag (RFC 9111). */
interface KeptPage {
  readonly contentType: string
  readonly url: string
  readonly etag?: string
  /** Milliseconds since the epoch until which the server vouches for it. */
  readonly freshUntil: number
  readonly body: Buffer
}

/** Real pages reach some 30 MB. */
const maxPage = 128 * 1024 * 1024

/** The first index that has the name is the only one asked for it: no other one can then slip in a higher version. */
export function openPageSource(
  indexUrls: readonly string[],
  http: Http,
  cacheDir: string | undefined,
): PageSource {
  return {
    async page(name) {
      for (const index of indexUrls) {
        const url = `${index.replace(/\/+$/, '')}/${name}/`
        const kept = await fetchPage(url, http, cacheDir)
        if (kept === undefined) continue
        return parseSimplePage(kept.body, kept.contentType, kept.url, name)
      }
      return undefined
    },
  }
}

async function fetchPage(
  url: string,
  http: Http,
  cacheDir: string | undefined,
): Promise<KeptPage | undefined> {
  const path = cacheDir === undefined ? undefined : pathOf(cacheDir, url)
  const kept = path === undefined ? undefined : await readKept(path)
  if (kept !== undefined && isFresh(kept)) return kept
  const answer = await http.get(url, {
    headers: { accept: acceptSimple, ...(kept?.etag === undefined ? {} : { 'if-none-match': kept.etag }) },
    allow404: true,
    allow: [304],
    maxBytes: maxPage,
  })
  if (answer.status === 404 || answer.status === 410) return undefined
  if (answer.status === 304 && kept === undefined)
    throw new SvcsplitError('E-IDX-CONTENT', `${url} answers 304 to a request that was not conditional`)
  const page = answer.status === 304 ? { ...kept!, freshUntil: freshUntil(answer) } : pageOf(answer)
  if (path !== undefined && (page.etag !== undefined || isFresh(page))) await keep(path, page)
  return page
}

function pageOf(answer: HttpResponse): KeptPage {
  const etag = answer.headers.get('etag')
  return {
    contentType: answer.headers.get('content-type') ?? '',
    url: answer.url,
    freshUntil: freshUntil(answer),
    body: answer.body,
    ...(etag === undefined ? {} : { etag }),
  }
}

/** A day at most: an index that says more would hide new files for longer than anyone expects. */
const longestFreshMs = 86_400_000

/** A page that was kept while the clock was ahead would otherwise count as fresh until the clock is there again. */
function isFresh({ freshUntil: until }: KeptPage): boolean {
  const left = until - Date.now()
  return left > 0 && left <= longestFreshMs
}

function freshUntil(answer: HttpResponse): number {
  const control = answer.headers.get('cache-control') ?? ''
  if (/\b(?:no-store|no-cache)\b/i.test(control)) return 0
  const seconds = /\bmax-age=(\d{1,8})\b/i.exec(control)?.[1]
  return seconds === undefined ? 0 : Date.now() + Math.min(Number(seconds) * 1000, longestFreshMs)
}

/** One line of JSON, then the body; the line holds the body's digest, so that a damaged page is as if absent. */
async function readKept(path: string): Promise<KeptPage | undefined> {
  if ((await statusOf(path))?.kind !== 'file') return undefined
  const bytes = await readBytes(path, { maxBytes: maxPage + 65_536 })
  const newline = bytes.indexOf(0x0a)
  try {
    const head = JSON.parse(bytes.toString('utf8', 0, Math.max(0, newline))) as Record<string, unknown>
    const body = bytes.subarray(newline + 1)
    const { contentType, url, etag, freshUntil: until, sha256 } = head
    if (typeof contentType !== 'string' || typeof url !== 'string' || typeof until !== 'number')
      return undefined
    if (sha256 !== createHash('sha256').update(body).digest('hex')) return undefined
    return { contentType, url, freshUntil: until, body, ...(typeof etag === 'string' ? { etag } : {}) }
  } catch {
    return undefined
  }
}

async function keep(path: string, page: KeptPage): Promise<void> {
  const { body, ...rest } = page
  const head = JSON.stringify({ ...rest, sha256: createHash('sha256').update(body).digest('hex') })
  await writeAtomic(path, Buffer.concat([Buffer.from(`${head}\n`), body]), { durable: false })
}

function pathOf(cacheDir: string, url: string): string {
  return join(cacheDir, 'pages-1', createHash('sha256').update(url).digest('hex'))
}
