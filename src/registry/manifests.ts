import { SvcsplitError } from '#errors.js'
import type { Answer } from '#io/exchange.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, isDigest, sha256 } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import { parseJsonObject } from '#oci/json.js'
import { parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, mediaTypes } from '#oci/media-type.js'
import { type Refusal, readRefusal } from './answer.js'
import type { Scope } from './authorization.js'
import type { Repository } from './endpoint.js'
import type { Session } from './session.js'

/** A manifest or index with its exact bytes: they, not what they mean, have the digest. */
export interface StoredManifest {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

const longestManifest = 4 * 1024 * 1024
const accepted = [
  mediaTypes.index,
  mediaTypes.manifest,
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
].join(', ')
/** Types that say nothing: the document's own word is then taken. */
const vague = new Set(['', 'application/json', 'application/octet-stream', 'text/plain'])

export function pullScope({ repository }: Repository): Scope {
  return `repository:${repository}:pull`
}

export function pushScope({ repository }: Repository): Scope {
  return `repository:${repository}:pull,push`
}

/**
 * What a tag or digest names now, undefined if nothing. Who is about to push asks with that scope: registries hide
 * a repository that does not exist yet from those who may only pull. @throws E-REG-*, E-NET-*
 */
export async function headManifest(
  session: Session,
  repository: Repository,
  name: string,
  scope: Scope = pullScope(repository),
): Promise<Descriptor | undefined> {
  const found = await session.send<Descriptor | 'none' | 'unclear'>(repository, {
    method: 'HEAD',
    target: `manifests/${name}`,
    headers: { accept: accepted },
    scopes: [scope],
    what: `cannot look for ${shown(repository, name)}`,
    on({ status, headers }) {
      if (status === 404) return 'none'
      // servers that know no HEAD, or name no digest, are asked for the manifest itself
      if (status === 405) return 'unclear'
      if (status !== 200) return undefined
      const digest = headers.get('docker-content-digest') ?? ''
      const mediaType = contentType(headers)
      const size = Number(headers.get('content-length') ?? '')
      if (!isDigest(digest) || vague.has(mediaType) || !(size > 0)) return 'unclear'
      if (isDigest(name) && digest !== name) throw otherDigest(repository, name, digest)
      return { mediaType, digest, size }
    },
  })
  if (found === 'none') return undefined
  return found === 'unclear' ? (await getManifest(session, repository, name, scope))?.descriptor : found
}

/** The manifest or index, verified; undefined if there is none. @throws E-REG-DIGEST, E-REG-CONTENT, E-NET-* */
export async function getManifest(
  session: Session,
  repository: Repository,
  name: string,
  scope: Scope = pullScope(repository),
): Promise<StoredManifest | undefined> {
  const found = await session.send<StoredManifest | 'none'>(repository, {
    method: 'GET',
    target: `manifests/${name}`,
    headers: { accept: accepted },
    scopes: [scope],
    what: `cannot read ${shown(repository, name)}`,
    async on(answer) {
      if (answer.status === 404) {
        answer.drop()
        return 'none'
      }
      if (answer.status !== 200) return undefined
      const bytes = await answer.read(longestManifest)
      const digest = sha256(bytes)
      const claimed = answer.headers.get('docker-content-digest')
      if (isDigest(name) && digest !== name) throw otherDigest(repository, name, digest)
      if (claimed !== undefined && isDigest(claimed) && claimed !== digest)
        throw otherDigest(repository, claimed, digest)
      const mediaType = mediaTypeOf(bytes, contentType(answer.headers), shown(repository, name))
      return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
    },
  })
  return found === 'none' ? undefined : found
}

/** As `getManifest`, where there has to be one. @throws E-REG-UNKNOWN */
export async function requireManifest(
  session: Session,
  repository: Repository,
  name: string,
  scope: Scope = pullScope(repository),
): Promise<StoredManifest> {
  const found = await getManifest(session, repository, name, scope)
  if (found !== undefined) return found
  throw new SvcsplitError('E-REG-UNKNOWN', `${shown(repository, name)} is not in the registry`, {
    hint: 'check repository and tag',
  })
}

export interface PutResult {
  /** Why it was not taken, of the kinds that the caller may know how to mend. */
  readonly refusal?: Refusal
  /** The registry lists it with the referrers of its subject (OCI-Subject). */
  readonly subjectListed: boolean
}

/** @throws E-REG-DIGEST if the registry stored other bytes; E-REG-*, E-NET-* */
export async function putManifest(
  session: Session,
  repository: Repository,
  name: string,
  { descriptor, bytes }: StoredManifest,
): Promise<PutResult> {
  return session.send<PutResult>(repository, {
    method: 'PUT',
    target: `manifests/${name}`,
    headers: { 'content-type': descriptor.mediaType },
    body: bytes,
    scopes: [pushScope(repository)],
    what: `cannot put ${shown(repository, name)}`,
    async on(answer) {
      const { status, headers } = answer
      if ([400, 403, 404, 405, 409, 412].includes(status))
        return { refusal: await readRefusal(answer), subjectListed: false }
      if (status !== 200 && status !== 201 && status !== 202) return undefined
      answer.drop()
      const claimed = headers.get('docker-content-digest')
      if (claimed !== undefined && claimed !== descriptor.digest)
        throw otherDigest(repository, descriptor.digest, claimed)
      return { subjectListed: headers.has('oci-subject') }
    },
  })
}

/**
 * The media type of a manifest whose words about itself all agree; what one reader could take for a manifest and
 * another for an index is refused. @throws E-REG-CONTENT, E-IMG-FORM
 */
export function mediaTypeOf(bytes: Uint8Array, announced: string, what: string): string {
  const refuse = (problem: string): SvcsplitError => new SvcsplitError('E-REG-CONTENT', `${what} ${problem}`)
  const fields = parseJsonObject(bytes, 'manifest')
  const own = typeof fields.mediaType === 'string' ? fields.mediaType : undefined
  const mediaType = vague.has(announced) ? (own ?? '') : announced
  if (own !== undefined && own !== mediaType)
    throw refuse(`is announced as ${announced} and says it is ${own}`)
  if (isIndexType(mediaType)) parseImageIndex(bytes)
  else if (isManifestType(mediaType)) parseManifest(bytes)
  else throw refuse(`has a media type that is no image: ${JSON.stringify(mediaType.slice(0, 100))}`)
  return mediaType
}

export function shown(repository: Repository, name: string): string {
  return `${repository.registry}/${repository.repository}${isDigest(name) ? '@' : ':'}${name}`
}

function contentType(headers: Answer['headers']): string {
  return (headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase()
}

function otherDigest(repository: Repository, wanted: Digest | string, got: string): SvcsplitError {
  return new SvcsplitError(
    'E-REG-DIGEST',
    `${repository.registry}/${repository.repository}: ${JSON.stringify(got.slice(0, 80))} where ${wanted} was expected`,
    { hint: 'the registry, or a proxy before it, changes manifests' },
  )
}
