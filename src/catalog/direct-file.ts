import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { SvcsplitError } from '#errors.js'
import { readBytes } from '#io/files.js'
import type { Http } from '#io/http.js'
import { showUrl } from '#io/url-text.js'
import { isStatic } from '#pep/core-metadata.js'
import type { DistributionName } from '#pep/name.js'
import { bufferSource, remoteSource } from './byte-sources.js'
import type { Metadata } from './catalog.js'
import { versionOfFilename } from './filename-version.js'
import { parseMetadata, toMetadata } from './metadata-source.js'
import { readSdistMetadata } from './sdist-facts.js'
import { readWheelMetadata } from './wheel-facts.js'

/** A wheel or sdist that a requirement names by its URL (PEP 508, "Direct references"). */
export interface DirectFile {
  readonly name: DistributionName
  readonly filename: string
  readonly kind: 'wheel' | 'sdist'
  /** As its file name spells it. */
  readonly version: string
  /** Without its fragment. */
  readonly url: string
  /** Any of these will do, hex; none: the bytes are taken as they are. */
  readonly sha256: readonly string[]
}

const maxFile = 1024 ** 3

/** What a direct URL names. `hashes` are those of `--hash`. @throws E-REQ-URL, E-REQ-HASH, without a place */
export function directFile(name: DistributionName, text: string, hashes: readonly string[] = []): DirectFile {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:', 'file:'].includes(url.protocol))
    throw new SvcsplitError('E-REQ-URL', `${showUrl(text)} is no file that can be read`, {
      hint: 'name a wheel or an sdist by https:// or file://; what lies in a repository has to be built first',
    })
  const fragments = new URLSearchParams(url.hash.slice(1))
  const wanted = [...hashes, ...[...fragments].map(([algorithm, digest]) => `${algorithm}:${digest}`)]
    .map((one) => one.toLowerCase())
    .filter((one) => /^(?:sha|md5|blake)/.test(one))
  const sha256 = wanted.flatMap((one) => /^sha256:([0-9a-f]{64})$/.exec(one)?.[1] ?? [])
  if (wanted.length > 0 && sha256.length === 0)
    throw new SvcsplitError('E-REQ-HASH', `the hash of ${showUrl(text)} cannot vouch for it`, {
      hint: 'give a sha256: #sha256=… or --hash=sha256:…',
    })
  url.hash = ''
  const filename = decoded(url.pathname.split('/').at(-1)!)
  const found = versionOfFilename(filename, name)
  if (found === undefined)
    throw new SvcsplitError('E-REQ-URL', `${showUrl(text)} is no wheel or sdist of ${name}`, {
      hint: 'its last part has to be NAME-VERSION….whl or NAME-VERSION.tar.gz',
    })
  return { name, filename, ...found, url: url.href, sha256 }
}

/** `pending` says why a file does not tell its metadata. @throws E-NET-*, E-FS-*, E-IDX-*, E-SDT-FORM */
export async function readDirectFile(
  file: DirectFile,
  http: Http,
): Promise<Metadata | { readonly pending: string }> {
  const { name, kind, filename } = file
  if (kind === 'wheel') {
    // Without a hash to hold it against, the end of a wheel is enough.
    const isPart = file.sha256.length === 0 && !file.url.startsWith('file:')
    const source = isPart
      ? await remoteSource(http, { url: file.url, filename })
      : bufferSource(filename, await wholeFile(file, http))
    return toMetadata(name, file, parseMetadata(await readWheelMetadata(source, filename), file), 'wheel')
  }
  const text = await readSdistMetadata(await wholeFile(file, http), filename)
  const parsed = text === undefined ? undefined : parseMetadata(text, file)
  if (parsed === undefined || !isStatic(parsed))
    return { pending: `${filename} does not state its metadata: name a wheel of it` }
  return toMetadata(name, file, parsed, 'sdist')
}

async function wholeFile({ url, filename, sha256 }: DirectFile, http: Http): Promise<Buffer> {
  const bytes = url.startsWith('file:')
    ? await readBytes(pathOf(url), { maxBytes: maxFile })
    : (await http.get(url, { maxBytes: maxFile, headers: { 'accept-encoding': 'identity' } })).body
  if (sha256.length === 0) return bytes
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (!sha256.includes(actual))
    throw new SvcsplitError(
      'E-IDX-HASH',
      `${filename}: sha256 is ${actual} where ${sha256.join(' or ')} is demanded`,
    )
  return bytes
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new SvcsplitError('E-REQ-URL', `${showUrl(url)} names no file of this machine`, { cause })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
