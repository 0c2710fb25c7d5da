import { SvcsplitError, visible } from '#errors.js'
import { showUrl } from '#io/url-text.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { versionOfFilename } from './filename-version.js'
import { readAnchors } from './simple-html.js'
import { parseUploadTime } from './upload-time.js'

/** One file as an index lists it. HTML pages give neither size nor upload time. */
export interface SimpleFile {
  readonly filename: string
  /** As the file name spells it. */
  readonly version: string
  readonly kind: 'wheel' | 'sdist'
  readonly url: string
  readonly sha256?: string
  readonly size?: number
  readonly uploadTime?: string
  readonly requiresPython?: string
  readonly yanked?: boolean | string
  /** PEP 658/714: METADATA can be had at `<url>.metadata`; its sha256 where the index tells it. */
  readonly coreMetadata?: { readonly sha256?: string }
}

export interface SimplePage {
  readonly name: DistributionName
  readonly files: readonly SimpleFile[]
}

const jsonType = /^application\/vnd\.pypi\.simple\.v1\+json\b|^application\/json\b/i
const htmlType = /^application\/vnd\.pypi\.simple\.v1\+html\b|^text\/html\b|^application\/xhtml\+xml\b/i

/** What is asked for: JSON first (PEP 691, "Version + Format Selection"). */
export const acceptSimple =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01'

/**
 * A project page of a simple repository: JSON (PEP 691, 700) or HTML (PEP 503), by its content type. Files whose
 * name is no wheel or sdist of this project are left out, as installers do.
 * @throws E-IDX-CONTENT
 */
export function parseSimplePage(
  body: Buffer,
  contentType: string,
  url: string,
  name: DistributionName,
): SimplePage {
  if (jsonType.test(contentType)) return fromJson(body.toString('utf8'), url, name)
  if (htmlType.test(contentType)) return fromHtml(body.toString('utf8'), url, name)
  throw content(url, `answers with ${visible(contentType || 'no content type', 80)}, not with an index page`)
}

function content(url: string, message: string): SvcsplitError {
  return new SvcsplitError('E-IDX-CONTENT', `${showUrl(url)} ${message}`, {
    hint: 'is this the address of a simple repository (PEP 503), and is no login or proxy page in between?',
  })
}

type Json = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fromJson(body: string, url: string, name: DistributionName): SimplePage {
  let page: unknown
  try {
    page = JSON.parse(body)
  } catch (cause) {
    throw content(url, `answers with JSON that cannot be parsed: ${visible((cause as Error).message, 120)}`)
  }
  if (!isObject(page) || !Array.isArray(page.files))
    throw content(url, 'answers with JSON that has no "files"')
  checkApiVersion(isObject(page.meta) ? text(page.meta['api-version']) : undefined, url)
  const named = text(page.name)
  if (named !== undefined && normalizeName(named) !== name)
    throw content(url, `answers for ${visible(named, 80)} where ${name} was asked for`)
  const files: SimpleFile[] = []
  for (const entry of page.files as readonly unknown[]) {
    if (!isObject(entry)) throw content(url, 'lists a file that is not an object')
    const filename = text(entry.filename)
    const href = text(entry.url)
    if (filename === undefined || href === undefined) throw content(url, 'lists a file without name or url')
    const metadata = entry['core-metadata'] ?? entry['dist-info-metadata'] ?? entry['data-dist-info-metadata']
    const file = makeFile(url, name, filename, href, {
      sha256: isObject(entry.hashes) ? text(entry.hashes.sha256) : undefined,
      size: typeof entry.size === 'number' ? entry.size : undefined,
      uploadTime: parseUploadTime(text(entry['upload-time']) ?? ''),
      requiresPython: text(entry['requires-python']),
      yanked: entry.yanked === true ? true : text(entry.yanked),
      coreMetadata: isObject(metadata)
        ? { sha256: text(metadata.sha256) }
        : metadata === true
          ? {}
          : undefined,
    })
    if (file !== undefined) files.push(file)
  }
  return { name, files }
}

function fromHtml(body: string, url: string, name: DistributionName): SimplePage {
  const page = readAnchors(body)
  checkApiVersion(page.apiVersion, url)
  const base = page.base !== undefined && URL.canParse(page.base, url) ? new URL(page.base, url).href : url
  const files: SimpleFile[] = []
  for (const { href, text: label, attributes } of page.anchors) {
    if (!URL.canParse(href, base)) continue
    const target = new URL(href, base)
    const hash = /^#?sha256=([0-9a-fA-F]{64})$/.exec(target.hash)
    const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata')
    const yanked = attributes.get('data-yanked')
    const file = makeFile(base, name, label === '' ? lastSegment(target) : label, href, {
      sha256: hash?.[1]?.toLowerCase(),
      requiresPython: attributes.get('data-requires-python') || undefined,
      yanked: yanked === undefined ? undefined : yanked === '' ? true : yanked,
      coreMetadata:
        metadata === undefined ? undefined : { sha256: /^sha256=([0-9a-f]{64})$/.exec(metadata)?.[1] },
    })
    if (file !== undefined) files.push(file)
  }
  if (files.length === 0 && page.anchors.length === 0 && !/<(?:html|!doctype)/i.test(body.slice(0, 2000)))
    throw content(url, 'answers with a page that is no index page')
  if (files.length === 0 && /<form\b|<input\b/i.test(body))
    throw content(url, 'answers with a form, which looks like a login page')
  return { name, files }
}

interface Details {
  readonly sha256: string | undefined
  readonly size?: number | undefined
  readonly uploadTime?: string | undefined
  readonly requiresPython: string | undefined
  readonly yanked: boolean | string | undefined
  readonly coreMetadata: { readonly sha256?: string | undefined } | undefined
}

function makeFile(
  base: string,
  name: DistributionName,
  filename: string,
  href: string,
  details: Details,
): SimpleFile | undefined {
  const parsed = versionOfFilename(filename, name)
  if (parsed === undefined || !URL.canParse(href, base)) return undefined
  const url = new URL(href, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.hash = ''
  const { size, sha256, coreMetadata, ...rest } = details
  return {
    filename,
    ...parsed,
    url: url.href,
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
    ...(size !== undefined && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
    ...defined('uploadTime', rest.uploadTime),
    ...defined('requiresPython', rest.requiresPython),
    ...defined('yanked', rest.yanked),
    ...(coreMetadata === undefined ? {} : { coreMetadata: defined('sha256', coreMetadata.sha256) }),
  }
}

function defined<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T })
}

/** A newer minor version only adds; another major one may mean anything (PEP 629). */
function checkApiVersion(version: string | undefined, url: string): void {
  if (version !== undefined && !/^1\.\d+$/.test(version))
    throw content(url, `speaks version ${visible(version, 20)} of the simple API; version 1 is understood`)
}

function lastSegment(url: URL): string {
  const segment = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
