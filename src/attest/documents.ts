import type { Lock } from '#lock/lock.js'
import { type Digest, hexOf, sha256 } from '#oci/digest.js'
import { type AttestedImage, billOf } from './bill.js'
import { cyclonedxOf } from './cyclonedx.js'
import type { ImageFacts } from './image-facts.js'
import { type Byproduct, provenanceOf, provenanceType } from './provenance.js'
import { bundleMediaType, type SignatureKey, signStatement, statementMediaType } from './signature.js'
import { spdxOf } from './spdx.js'

export type SbomFormat = 'cyclonedx' | 'spdx'

export const sbomMediaTypes: Readonly<Record<SbomFormat, string>> = {
  cyclonedx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
}

/** By these annotations a later run knows what it may replace: the kind, and whose signature it bears. */
export const kindAnnotation = 'io.svcsplit.attestation'
export const keyAnnotation = 'io.svcsplit.attestation.key'

/** What is to be said of an image. */
export interface DocumentsRequest {
  readonly image: AttestedImage
  readonly lock: Lock
  readonly facts: ImageFacts
  /** Where the environment is: `/opt/venv`. */
  readonly prefix: string
  readonly sboms: readonly SbomFormat[]
  readonly provenance: boolean
  /** Signs the provenance, which names the SBOMs by their digests: one signature for all. */
  readonly key?: SignatureKey
  readonly builder?: string
  /** RFC 3339; no clock is read. */
  readonly created?: string
}

/** A document about an image, ready to be a referrer of it or a file. */
export interface AttestationDocument {
  readonly kind: SbomFormat | 'provenance'
  /** What its file is called, after the image. */
  readonly suffix: string
  /** Of the artifact and of its one layer. */
  readonly mediaType: string
  /** Of the artifact's manifest. */
  readonly annotations: ReadonlyMap<string, string>
  readonly digest: Digest
  readonly bytes: Buffer
}

/** A document where it has been put. */
export interface PlacedDocument extends Pick<AttestationDocument, 'kind' | 'mediaType' | 'digest'> {
  /** Its size. */
  readonly bytes: number
  /** Digest of the manifest that refers to the image, if it is a referrer. */
  readonly manifest?: Digest
  /** If it is a file. */
  readonly path?: string
}

/** @throws SvcsplitError E-ATT-LOCK when lock and image do not belong together */
export function documentsOf(request: DocumentsRequest): readonly AttestationDocument[] {
  const { sboms, provenance, key, created, ...parts } = request
  const bill = billOf(parts)
  const documents = [...new Set(sboms)].map((format) =>
    format === 'cyclonedx'
      ? document('cyclonedx', 'cdx.json', sbomMediaTypes.cyclonedx, cyclonedxOf(bill, created))
      : document('spdx', 'spdx.json', sbomMediaTypes.spdx, spdxOf(bill, created)),
  )
  if (!provenance && key === undefined) return documents
  const byproducts = documents.map(
    ({ suffix, mediaType, digest }): Byproduct => ({ name: suffix, mediaType, sha256: hexOf(digest) }),
  )
  const statement = provenanceOf({ ...parts, byproducts, ...(created === undefined ? {} : { created }) })
  return [...documents, key === undefined ? plain(statement) : signed(statement, key)]
}

function plain(statement: string): AttestationDocument {
  const annotations = [['in-toto.io/predicate-type', provenanceType]] as const
  return document('provenance', 'provenance.json', statementMediaType, statement, annotations)
}

/** Two of the annotations are those by which cosign and its kin find an attestation of a kind. */
function signed(statement: string, key: SignatureKey): AttestationDocument {
  const annotations = [
    ['dev.sigstore.bundle.content', 'dsse-envelope'],
    ['dev.sigstore.bundle.predicateType', provenanceType],
    [keyAnnotation, key.id],
  ] as const
  return document('provenance', 'sigstore.json', bundleMediaType, signStatement(statement, key), annotations)
}

function document(
  kind: AttestationDocument['kind'],
  suffix: string,
  mediaType: string,
  text: string,
  annotations: readonly (readonly [string, string])[] = [],
): AttestationDocument {
  const bytes = Buffer.from(text)
  return {
    kind,
    suffix,
    mediaType,
    annotations: new Map([[kindAnnotation, kind], ...annotations]),
    digest: sha256(bytes),
    bytes,
  }
}
