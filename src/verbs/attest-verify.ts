import { type AttestationVerdict, checkAttestation } from '#attest/check-attestation.js'
import { sbomMediaTypes } from '#attest/documents.js'
import { bundleMediaType, maxBundleBytes, readVerificationKey, type SignatureKey } from '#attest/signature.js'
import { SvcsplitError } from '#errors.js'
import { readText } from '#io/files.js'
import type { HttpOptions } from '#io/http.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, sha256 } from '#oci/digest.js'
import { parseManifest } from '#oci/manifest.js'
import { parsePlace } from '#registry/destination.js'
import type { ImageSource } from '#registry/image-source.js'
import { layoutSource, rootOfLayout } from '#registry/layout-source.js'
import { openRegistry } from '#registry/registry.js'

export interface VerifyAttestationsRequest {
  /** `oci:DIR[:NAME]` or a registry reference. */
  readonly image: string
  /** PEM of the public key. */
  readonly keyPath: string
  readonly plainHttp?: boolean
  readonly http?: HttpOptions
}

/** A signed attestation found at the image. */
interface CheckedAttestation {
  /** Of the manifest that refers to the image. */
  readonly manifest: string
  readonly verdict: AttestationVerdict
}

/** A document found at the image that bears no signature of its own. */
export interface FoundDocument {
  readonly manifest: string
  readonly mediaType: string
  readonly digest: string
  /** Whether an attestation that holds names it by its digest. */
  readonly covered: boolean
}

export interface VerifiedAttestations {
  readonly image: string
  readonly digest: string
  readonly keyId: string
  /** At least one attestation holds. */
  readonly holds: boolean
  readonly attestations: readonly CheckedAttestation[]
  readonly documents: readonly FoundDocument[]
}

/**
 * Looks for signed attestations at an image and holds them against a key and the image's digest.
 * @throws E-ATT-KEY, E-IMG-*, E-REG-*, E-NET-*, E-FS-*
 */
export async function verifyAttestations(request: VerifyAttestationsRequest): Promise<VerifiedAttestations> {
  const { image, keyPath, plainHttp, http } = request
  const key = readVerificationKey(await readText(keyPath), keyPath)
  const place = parsePlace(image)
  if (place.kind === 'layout')
    return verifyAt(image, layoutSource(place.layout.dir), await rootOfLayout(place.layout), key)
  const registry = openRegistry({ ...http, ...(plainHttp === undefined ? {} : { plainHttp }) })
  const source = registry.source(place.reference)
  try {
    const root = await registry.resolve(place.reference)
    if (root === undefined)
      throw new SvcsplitError('E-REG-UNKNOWN', `${image} is not in the registry`, {
        hint: 'check repository and tag',
      })
    return await verifyAt(image, source, root, key)
  } finally {
    await source.close?.()
    await registry.close()
  }
}

async function verifyAt(
  image: string,
  source: ImageSource,
  root: Descriptor,
  key: SignatureKey,
): Promise<VerifiedAttestations> {
  const attestations: CheckedAttestation[] = []
  const found: { manifest: string; layer: Descriptor }[] = []
  const covered = new Set<Digest>()
  for (const referrer of (await source.referrers?.(root)) ?? []) {
    const manifest = parseManifest(await source.document(referrer))
    // a registry's list is only its word
    if (manifest.subject?.digest !== root.digest) continue
    for (const layer of manifest.layers) {
      if (layer.mediaType !== bundleMediaType) found.push({ manifest: referrer.digest, layer })
      else {
        const verdict = checkAttestation(await textOf(source, layer), key, root.digest)
        if (verdict.kind === 'holds') for (const digest of verdict.covers) covered.add(digest)
        attestations.push({ manifest: referrer.digest, verdict })
      }
    }
  }
  const sboms: readonly string[] = Object.values(sbomMediaTypes)
  return {
    image,
    digest: root.digest,
    keyId: key.id,
    holds: attestations.some(({ verdict }) => verdict.kind === 'holds'),
    attestations,
    documents: found
      .filter(({ layer }) => sboms.includes(layer.mediaType) || layer.mediaType.includes('in-toto'))
      .map(({ manifest, layer: { mediaType, digest } }) => ({
        manifest,
        mediaType,
        digest,
        covered: covered.has(digest),
      })),
  }
}

async function textOf(source: ImageSource, layer: Descriptor): Promise<string> {
  if (layer.size > maxBundleBytes)
    throw new SvcsplitError('E-ATT-FORM', `the attestation ${layer.digest} has ${layer.size} bytes`)
  const content = await source.blob(layer)
  const chunks: Uint8Array[] = []
  for await (const chunk of content.chunks(0, layer.size)) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (sha256(bytes) !== layer.digest)
    throw new SvcsplitError(
      'E-IMG-DIGEST',
      `${source.name}: the blob is not the one that ${layer.digest} names`,
    )
  return bytes.toString('utf8')
}
