import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { writeTar } from './tar-writer.js'
import { writeWheel } from './wheel-writer.js'
import { writeZip } from './zip-writer.js'

/** A file of the index under test. */
export interface IndexFile {
  readonly filename: string
  readonly bytes: Buffer
  readonly uploadTime?: string
  readonly requiresPython?: string
  readonly yanked?: boolean | string
  /** What the page says, where it differs from the truth; null says nothing. */
  readonly sha256?: string | null
  readonly size?: number | null
}

/** Bends the answer to one path; returns true if it has answered. */
export type Fault = (request: IncomingMessage, response: ServerResponse, count: number) => boolean

export interface PackageIndexOptions {
  readonly files: readonly IndexFile[]
  readonly format?: 'json' | 'html'
  /** Answer range requests with 206. Default true. */
  readonly ranges?: boolean
  /** Announce and serve PEP 658 metadata files; 'announced' only announces them. */
  readonly coreMetadata?: boolean | 'announced'
  /** Headers of pages. */
  readonly headers?: Readonly<Record<string, string>>
  /** Basic login that every request needs, as `user:password`. */
  readonly login?: string
}

export interface PackageIndex {
  /** Base URL of the simple repository. */
  readonly url: string
  readonly origin: string
  /** `GET /path` with the Range header, if any, in order. */
  readonly requests: {
    readonly path: string
    readonly range?: string
    readonly headers: IncomingMessage['headers']
  }[]
  /** Applies to every request whose path ends so. */
  fault(pathEnd: string, fault: Fault): void
  /** Handles a request anew: of a fault that only came between for a while. */
  answer(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const nameOf = (filename: string): string =>
  filename
    .replace(/-\d.*$/, '')
    .toLowerCase()
    .replace(/[-_.]+/g, '-')

/** A package index on the loopback interface: PEP 691 JSON or PEP 503 HTML over any files. */
export async function startPackageIndex(options: PackageIndexOptions): Promise<PackageIndex> {
  const requests: { path: string; range?: string; headers: IncomingMessage['headers'] }[] = []
  const faults: { end: string; fault: Fault; count: number }[] = []

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0]!)
    const { range } = request.headers
    requests.push({ path, headers: request.headers, ...(range === undefined ? {} : { range }) })
    const rule = faults.find(({ end }) => path.endsWith(end))
    if (rule?.fault(request, response, ++rule.count)) return
    const login = options.login === undefined ? undefined : Buffer.from(options.login).toString('base64')
    if (login !== undefined && request.headers.authorization !== `Basic ${login}`) {
      response.writeHead(401).end()
      return
    }
    const page = /^\/simple\/([^/]+)\/$/.exec(path)
    if (page !== null) servePage(page[1]!, request, response)
    else if (path.startsWith('/files/')) serveFile(path.slice('/files/'.length), request, response)
    else response.writeHead(404).end()
  }
  const server = createServer(answer)

  function servePage(name: string, request: IncomingMessage, response: ServerResponse): void {
    const files = options.files.filter((file) => nameOf(file.filename) === name)
    if (files.length === 0) {
      response.writeHead(404).end()
      return
    }
    const json = options.format !== 'html'
    const body = json ? jsonPage(name, files, options) : htmlPage(name, files, options)
    const type = json ? 'application/vnd.pypi.simple.v1+json' : 'text/html; charset=utf-8'
    if (options.headers?.etag !== undefined && request.headers['if-none-match'] === options.headers.etag)
      response.writeHead(304, options.headers).end()
    else response.writeHead(200, { 'content-type': type, ...options.headers }).end(body)
  }

  function serveFile(filename: string, request: IncomingMessage, response: ServerResponse): void {
    const file = options.files.find((candidate) => candidate.filename === filename)
    const metadataOf = options.files.find((candidate) => `${candidate.filename}.metadata` === filename)
    if (metadataOf !== undefined && options.coreMetadata === true) {
      response.writeHead(200).end(metadataText(metadataOf))
      return
    }
    if (file === undefined) {
      response.writeHead(404).end()
      return
    }
    const range = options.ranges === false ? undefined : parseRange(request.headers.range, file.bytes.length)
    if (range === undefined) response.writeHead(200, { 'content-length': file.bytes.length }).end(file.bytes)
    else {
      const part = file.bytes.subarray(range.start, range.end + 1)
      response
        .writeHead(206, {
          'content-length': part.length,
          'content-range': `bytes ${range.start}-${range.end}/${file.bytes.length}`,
        })
        .end(part)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${origin}/simple`,
    origin,
    requests,
    answer,
    fault(end, fault) {
      faults.unshift({ end, fault, count: 0 })
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (found === null) return undefined
  if (found[1] === '') return { start: Math.max(0, size - Number(found[2])), end: size - 1 }
  return { start: Number(found[1]), end: Math.min(size - 1, found[2] === '' ? size - 1 : Number(found[2])) }
}

function jsonPage(name: string, files: readonly IndexFile[], options: PackageIndexOptions): string {
  return JSON.stringify({
    meta: { 'api-version': '1.1' },
    name,
    files: files.map((file) => ({
      filename: file.filename,
      url: `/files/${file.filename}`,
      hashes: file.sha256 === null ? {} : { sha256: file.sha256 ?? sha256Of(file.bytes) },
      ...(file.size === null ? {} : { size: file.size ?? file.bytes.length }),
      'upload-time': file.uploadTime,
      'requires-python': file.requiresPython ?? null,
      yanked: file.yanked ?? false,
      ...(announces(file, options)
        ? { 'core-metadata': { sha256: sha256Of(Buffer.from(metadataText(file))) } }
        : {}),
    })),
  })
}

function htmlPage(name: string, files: readonly IndexFile[], options: PackageIndexOptions): string {
  const links = files.map((file) => {
    const hash = file.sha256 === null ? '' : `#sha256=${file.sha256 ?? sha256Of(file.bytes)}`
    const python =
      file.requiresPython === undefined ? '' : ` data-requires-python="${escapeHtml(file.requiresPython)}"`
    const yanked =
      file.yanked === undefined ? '' : ` data-yanked="${file.yanked === true ? '' : file.yanked}"`
    const metadata = announces(file, options)
      ? ` data-core-metadata="sha256=${sha256Of(Buffer.from(metadataText(file)))}"`
      : ''
    return `<a href="../../files/${file.filename}${hash}"${python}${yanked}${metadata}>${file.filename}</a><br/>`
  })
  return `<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.0"><title>Links for ${name}</title></head>
<body><h1>Links for ${name}</h1>\n${links.join('\n')}\n</body></html>\n`
}

function announces(file: IndexFile, options: PackageIndexOptions): boolean {
  return (
    file.filename.endsWith('.whl') && options.coreMetadata !== undefined && options.coreMetadata !== false
  )
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const metadataTexts = new WeakMap<Buffer, string>()

function metadataText(file: IndexFile): string {
  return metadataTexts.get(file.bytes) ?? ''
}

export interface ReleaseShape {
  readonly requires?: readonly string[]
  readonly extras?: readonly string[]
  readonly requiresPython?: string
  readonly metadataVersion?: string
  readonly dynamic?: readonly string[]
}

export function metadataOf(name: string, version: string, shape: ReleaseShape = {}): string {
  return [
    `Metadata-Version: ${shape.metadataVersion ?? '2.1'}`,
    `Name: ${name}`,
    `Version: ${version}`,
    ...(shape.dynamic ?? []).map((field) => `Dynamic: ${field}`),
    ...(shape.requiresPython === undefined ? [] : [`Requires-Python: ${shape.requiresPython}`]),
    ...(shape.requires ?? []).map((requirement) => `Requires-Dist: ${requirement}`),
    ...(shape.extras ?? []).map((extra) => `Provides-Extra: ${extra}`),
    '',
    'A demonstration.',
    '',
  ].join('\n')
}

export interface WheelExtras extends ReleaseShape {
  readonly tag?: string
  readonly entryPoints?: string
  /** Path -> text. */
  readonly members?: Readonly<Record<string, string>>
}

/** A wheel for the index. */
export function indexWheel(
  name: string,
  version: string,
  shape: WheelExtras = {},
  details: Partial<IndexFile> = {},
): IndexFile {
  const metadata = metadataOf(name, version, shape)
  const wheel = writeWheel(
    Object.entries(shape.members ?? { [`${name}/__init__.py`]: '' }).map(([path, content]) => ({
      name: path,
      content,
    })),
    {
      name,
      version,
      metadata,
      ...(shape.tag === undefined ? {} : { tag: shape.tag }),
      ...(shape.entryPoints === undefined ? {} : { entryPoints: shape.entryPoints }),
    },
  )
  metadataTexts.set(wheel.bytes, metadata)
  return {
    filename: wheel.filename,
    bytes: wheel.bytes,
    ...(shape.requiresPython === undefined ? {} : { requiresPython: shape.requiresPython }),
    ...details,
  }
}

/** An sdist for the index, as `.tar.gz` or `.zip`, with the given PKG-INFO, or none. */
export function indexSdist(
  name: string,
  version: string,
  pkgInfo: string | undefined,
  details: Partial<IndexFile> & { readonly ending?: '.tar.gz' | '.zip' } = {},
): IndexFile {
  const { ending = '.tar.gz', ...rest } = details
  const folder = `${name}-${version}`
  const members = [
    { name: `${folder}/setup.py`, content: 'from setuptools import setup\nsetup()\n' },
    {
      name: `${folder}/${name}.egg-info/PKG-INFO`,
      content: 'Metadata-Version: 2.2\nName: trap\nVersion: 0\n',
    },
    ...(pkgInfo === undefined ? [] : [{ name: `${folder}/PKG-INFO`, content: pkgInfo }]),
  ]
  const bytes = ending === '.zip' ? writeZip(members) : gzipSync(writeTar(members))
  return { filename: `${folder}${ending}`, bytes, ...rest }
}
