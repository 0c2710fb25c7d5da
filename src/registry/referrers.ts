import { SvcsplitError } from '#errors.js'
import { type Descriptor, descriptorFrom } from '#oci/descriptor.js'
import { type Digest, hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex, parseImageIndex } from '#oci/image-index.js'
import { parseJsonObject } from '#oci/json.js'
import { parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, mediaTypes } from '#oci/media-type.js'
import { refusalError } from './answer.js'
import type { Repository } from './endpoint.js'
import { getManifest, pullScope, putManifest, type StoredManifest, shown } from './manifests.js'
import type { Session } from './session.js'

/** What a registry knows about a manifest: SBOM, provenance, signatures. */
export interface Referrers {
  readonly referrers: readonly Descriptor[]
  /** `tag` where the registry has no referrers API, and a tag named by the digest stands in for it. */
  readonly via: 'api' | 'tag'
}

const longestList = 4 * 1024 * 1024
const maxPages = 100

interface Page {
  readonly referrers: readonly Descriptor[]
  readonly next?: URL
}

/** All manifests whose subject is `digest` (distribution-spec, "Listing Referrers"). @throws E-REG-*, E-NET-* */
export async function listReferrers(
  session: Session,
  repository: Repository,
  digest: Digest,
  artifactType?: string,
): Promise<Referrers> {
  const filter = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  const found: Descriptor[] = []
  let target: string | URL = `referrers/${digest}${filter}`
  for (let page = 0; page < maxPages; page++) {
    const read: Page | 'absent' = await session.send<Page | 'absent'>(repository, {
      method: 'GET',
      target,
      headers: { accept: mediaTypes.index },
      scopes: [pullScope(repository)],
      what: `cannot list what refers to ${shown(repository, digest)}`,
      async on(answer) {
        const { status, headers, url } = answer
        if (status === 404 || status === 405 || status === 406) return 'absent'
        if (status !== 200) return undefined
        const type = (headers.get('content-type') ?? '').replace(/;.*/s, '').trim()
        // a server that answers everything with a web page has no such API
        if (!isIndexType(type)) return 'absent'
        const index = parseImageIndex(await answer.read(longestList))
        const link = /^\s*<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(headers.get('link') ?? '')?.[1]
        if (link === undefined || !URL.canParse(link, url.href)) return { referrers: index.manifests }
        const next = new URL(link, url.href)
        if (next.origin !== url.origin)
          throw new SvcsplitError('E-REG-CONTENT', `${url.host} continues its list on another host`)
        return { referrers: index.manifests, next }
      },
    })
    if (read === 'absent') {
      const tagged = await taggedReferrers(session, repository, digest)
      return { referrers: filtered(tagged, artifactType), via: 'tag' }
    }
    found.push(...read.referrers)
    if (read.next === undefined) break
    target = read.next
  }
  return { referrers: filtered(found, artifactType), via: 'api' }
}

/** Registries need not filter, so it is done here in every case. */
function filtered(referrers: readonly Descriptor[], artifactType: string | undefined): readonly Descriptor[] {
  return artifactType === undefined
    ? referrers
    : referrers.filter((item) => item.artifactType === artifactType)
}

/** `sha256-<hex>` (distribution-spec, "Referrers Tag Schema"). */
function referrersTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`
}

async function taggedReferrers(
  session: Session,
  repository: Repository,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  const stored = await getManifest(session, repository, referrersTag(digest))
  if (stored === undefined) return []
  if (!isIndexType(stored.descriptor.mediaType))
    throw new SvcsplitError(
      'E-REG-CONTENT',
      `${shown(repository, referrersTag(digest))} stands where a list of referrers should, and is none`,
    )
  return parseImageIndex(stored.bytes).manifests
}

/**
 * Lists a manifest that was put with those that refer to its subject, where the registry did not do so itself.
 * @returns how it is listed; undefined for a manifest without a subject
 */
export async function enlist(
  session: Session,
  repository: Repository,
  { descriptor, bytes }: StoredManifest,
  subjectListed: boolean,
): Promise<'api' | 'tag' | undefined> {
  if (!isManifestType(descriptor.mediaType)) return undefined
  const manifest = parseManifest(bytes)
  if (manifest.subject === undefined) return undefined
  if (subjectListed) return 'api'
  const present = await taggedReferrers(session, repository, manifest.subject.digest)
  if (present.some(({ digest }) => digest === descriptor.digest)) return 'tag'
  const artifactType = manifest.artifactType ?? manifest.config.mediaType
  const entry = descriptorFrom({ ...descriptor, artifactType }, 'referrer')
  const listed: Descriptor =
    manifest.annotations === undefined ? entry : { ...entry, annotations: manifest.annotations }
  const list = encodeImageIndex({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [...present, listed],
  })
  parseJsonObject(list, 'list of referrers')
  const name = referrersTag(manifest.subject.digest)
  const put = await putManifest(session, repository, name, {
    descriptor: { mediaType: mediaTypes.index, digest: sha256(list), size: list.length },
    bytes: list,
  })
  if (put.refusal !== undefined)
    throw refusalError(
      put.refusal,
      `cannot list a referrer under ${shown(repository, name)}`,
      new URL(`https://${repository.registry}`),
    )
  return 'tag'
}
