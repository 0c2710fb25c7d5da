import { join } from 'node:path'
import type { AttestedImage } from '#attest/bill.js'
import {
  type AttestationDocument,
  type DocumentsRequest,
  documentsOf,
  type PlacedDocument,
  type SbomFormat,
} from '#attest/documents.js'
import { type ImageFacts, pythonOf, readImageFacts } from '#attest/image-facts.js'
import { type LayerReader, openLayerReader } from '#attest/layer-facts.js'
import { readSigningKey, type SignatureKey } from '#attest/signature.js'
import { glibcOfPackages } from '#base/dpkg-status.js'
import { SvcsplitError, visible } from '#errors.js'
import { readManifest, readVerified } from '#image/layout.js'
import { loadFleet } from '#inputs/fleet.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { ensureDir, readText } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import type { Lock } from '#lock/lock.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { type ImageConfig, parseImageConfig } from '#oci/config.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { isDigest } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import type { Manifest } from '#oci/manifest.js'
import { isIndexType } from '#oci/media-type.js'
import type { Progress } from '#progress.js'
import { parsePlace } from '#registry/destination.js'
import { rootOfLayout } from '#registry/layout-source.js'
import { attachToLayout } from './attach-to-layout.js'
import { shippedSnapshot } from './known-data.js'
import { lockRelease } from './lock.js'

/** What is to be said of an image, and where it is put. */
export interface AttestOptions {
  readonly sboms: readonly SbomFormat[]
  readonly provenance: boolean
  /** Signs the provenance, which is then made in any case. */
  readonly key?: SignatureKey
  /** A URI for who built the image. */
  readonly builder?: string
  /** RFC 3339; no clock is read. */
  readonly created?: string
  /** A folder for files, or the layout itself, as referrers of the image. */
  readonly to: { readonly kind: 'referrer' } | { readonly kind: 'files'; readonly dir: string }
}

export interface AttestRequest extends Omit<AttestOptions, 'key'> {
  /** `oci:DIR` or `oci:DIR:NAME`. */
  readonly image: string
  /** The lock that the image was built from; by the image's own annotations and shipped facts if left out. */
  readonly lockPath?: string
  readonly keyPath?: string
  readonly progress?: Progress
}

export interface AttestResult {
  readonly image: string
  readonly digest: string
  readonly platform: string
  /** The key's name in the signature, if there is one. */
  readonly signedBy?: string
  readonly documents: readonly PlacedDocument[]
}

interface Subject {
  readonly name: string
  /** What its files are called. */
  readonly stem: string
  readonly descriptor: Descriptor
  readonly manifest: Manifest
  readonly config: ImageConfig
  readonly facts: ImageFacts
}

/**
 * Says of an image in a layout what it consists of and what it was made from. An index of several platforms is
 * attested image by image. @throws E-ATT-*, E-IMG-*, E-LCK-*, E-FS-*
 */
export async function attest(request: AttestRequest): Promise<readonly AttestResult[]> {
  const { image, lockPath, keyPath, progress, ...options } = request
  const place = parsePlace(image)
  if (place.kind !== 'layout')
    throw new SvcsplitError('E-IMG-REF', `${visible(JSON.stringify(image))} is not in a layout`, {
      hint: 'write oci:DIR or oci:DIR:NAME; svcsplit copy brings an image there, svcsplit push takes it back',
    })
  const { dir } = place.layout
  const key = keyPath === undefined ? undefined : readSigningKey(await readText(keyPath), keyPath)
  const given = lockPath === undefined ? undefined : parsePylock(await readText(lockPath), lockPath)
  const root = await rootOfLayout(place.layout)
  const reader = openLayerReader()
  const signed = key === undefined ? options : { ...options, key }
  const results: AttestResult[] = []
  for (const descriptor of await imagesUnder(dir, root)) {
    const name = root.annotations?.get(refNameAnnotation)
    progress?.step?.(`attest ${name ?? descriptor.digest}`)
    const read = await readSubject(dir, descriptor, name, reader)
    // the images of an index have one name, and their files need several
    const subject = root === descriptor ? read : { ...read, stem: `${read.stem}-${read.config.architecture}` }
    results.push(await attestSubject(dir, subject, given ?? lockOf(subject), signed))
  }
  return results
}

/** The image itself, or those of an index. */
async function imagesUnder(dir: string, root: Descriptor): Promise<readonly Descriptor[]> {
  if (!isIndexType(root.mediaType)) return [root]
  const { manifests } = parseImageIndex(await readVerified(dir, root))
  return manifests
}

async function readSubject(
  dir: string,
  descriptor: Descriptor,
  name: string | undefined,
  reader: LayerReader,
): Promise<Subject> {
  const manifest = await readManifest(dir, descriptor)
  const config = parseImageConfig(await readVerified(dir, manifest.config))
  const facts = await readImageFacts(dir, manifest, reader)
  const title = manifest.annotations?.get('org.opencontainers.image.title')
  const known = name ?? title ?? 'image'
  return { name: known, stem: known, descriptor, manifest, config, facts }
}

async function attestSubject(
  dir: string,
  { name, stem, descriptor, manifest, config, facts }: Subject,
  lock: Lock,
  { to, key, ...options }: AttestOptions,
): Promise<AttestResult> {
  const platform = `${config.os}/${config.architecture}`
  if (platform !== lock.platform)
    throw new SvcsplitError('E-ATT-LOCK', `the image is for ${platform}, the lock for ${lock.platform}`)
  const base = baseOf(manifest, lock)
  const image: AttestedImage = {
    name,
    digest: descriptor.digest,
    platform: lock.platform,
    ...(base === undefined ? {} : { base }),
  }
  const wanted: DocumentsRequest = {
    ...options,
    image,
    lock,
    facts,
    prefix,
    ...(key === undefined ? {} : { key }),
  }
  const documents = documentsOf(wanted)
  return {
    image: name,
    digest: descriptor.digest,
    platform,
    ...(key === undefined ? {} : { signedBy: key.id }),
    documents:
      to.kind === 'files'
        ? await writeDocuments(to.dir, stem, documents)
        : await attachToLayout(dir, descriptor, documents),
  }
}

async function writeDocuments(
  dir: string,
  stem: string,
  documents: readonly AttestationDocument[],
): Promise<readonly PlacedDocument[]> {
  await ensureDir(dir)
  const safe = stem.replace(/[^A-Za-z0-9._-]+/g, '-')
  const written: PlacedDocument[] = []
  for (const { kind, mediaType, digest, bytes, suffix } of documents) {
    const path = join(dir, `${safe}.${suffix}`)
    await writeAtomic(path, bytes)
    written.push({ kind, mediaType, digest, bytes: bytes.length, path })
  }
  return written
}

function baseOf({ annotations }: Manifest, lock: Lock): AttestedImage['base'] {
  const name = annotations?.get('org.opencontainers.image.base.name') ?? lock.base?.name
  const digest = annotations?.get('org.opencontainers.image.base.digest') ?? lock.base?.digest
  return name === undefined || digest === undefined || !isDigest(digest) ? undefined : { name, digest }
}

/** The lock of a service release that ships with svcsplit, by what the image says of itself. */
function lockOf({ manifest, config, facts }: Subject): Lock {
  const service = manifest.annotations?.get('org.opencontainers.image.title')
  const release = manifest.annotations?.get('io.svcsplit.release')
  const platform = `${config.os}/${config.architecture}`
  const glibc = glibcOfPackages(facts.packages)
  const fleet = loadFleet()
  const isShipped = fleet.releases.byName.get(release ?? '')?.services.has(service ?? '') === true
  const isKnown = platform === 'linux/amd64' || platform === 'linux/arm64'
  if (!isShipped || !isKnown || glibc === undefined)
    throw new SvcsplitError('E-ATT-LOCK', 'the image does not say which service release it is', {
      hint: 'give the lock that it was built from: --lock pylock.SERVICE.toml',
    })
  const named = serviceReleaseNamed(fleet.releases, `${service}@${release}`)
  const python = pythonOf(facts, prefix)
  return lockRelease(fleet, shippedSnapshot(fleet), {
    service: named.service,
    release: named.release.name,
    python,
    platform,
    glibc,
  })
}
