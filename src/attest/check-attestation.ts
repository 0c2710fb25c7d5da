import { SvcsplitError } from '#errors.js'
import { type Digest, isDigest } from '#oci/digest.js'
import { statementType } from './provenance.js'
import { type SignatureKey, verifyBundle } from './signature.js'

/** What an attestation is worth for one image and one key. */
export type AttestationVerdict =
  | {
      readonly kind: 'holds'
      readonly predicateType: string
      /** Digests of documents that it vouches for: its byproducts. */
      readonly covers: readonly Digest[]
    }
  | { readonly kind: 'other-key'; readonly keyId: string }
  | { readonly kind: 'broken' }
  /** The signature holds, and the statement speaks of another image. */
  | { readonly kind: 'other-image'; readonly subjects: readonly string[] }
  | { readonly kind: 'malformed'; readonly problem: string }

/** Holds a signed bundle against a key, and its statement against the image that it is found at. */
export function checkAttestation(bundle: string, key: SignatureKey, image: Digest): AttestationVerdict {
  try {
    const verdict = verifyBundle(bundle, key)
    return verdict.kind === 'signed' ? checkStatement(jsonOf(verdict.statement), image) : verdict
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    return { kind: 'malformed', problem: error.message }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkStatement(signed: unknown, image: Digest): AttestationVerdict {
  const statement = fields(signed)
  const { predicateType, subject } = statement
  if (statement._type !== statementType || typeof predicateType !== 'string' || !Array.isArray(subject))
    return { kind: 'malformed', problem: 'what is signed is no in-toto statement of version 1' }
  const subjects = subject.flatMap((item) => digestOf(item) ?? [])
  if (!subjects.includes(image)) return { kind: 'other-image', subjects }
  const details = fields(fields(statement.predicate).runDetails)
  const byproducts = Array.isArray(details.byproducts) ? details.byproducts : []
  return { kind: 'holds', predicateType, covers: byproducts.flatMap((item) => digestOf(item) ?? []) }
}

function digestOf(value: unknown): Digest | undefined {
  const { sha256 } = fields(fields(value).digest)
  const digest = `sha256:${String(sha256)}`
  return isDigest(digest) ? digest : undefined
}

/** An object, or an empty one in place of anything else: what is absent proves nothing. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}
