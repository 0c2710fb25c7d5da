import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { SvcsplitError } from '#errors.js'

/** A key with the name that signatures give it. */
export interface SignatureKey {
  readonly key: KeyObject
  /** The sha256 of the public key (SubjectPublicKeyInfo), in base64, as cosign hints at keys. */
  readonly id: string
}

export const statementMediaType = 'application/vnd.in-toto+json'
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** Envelope and bundle as protobuf writes them in JSON (DSSE 1.0; Sigstore bundle 0.3). */
interface Bundle {
  readonly mediaType: string
  readonly verificationMaterial: { readonly publicKey: { readonly hint: string } }
  readonly dsseEnvelope: {
    readonly payload: string
    readonly payloadType: string
    readonly signatures: readonly { readonly sig: string; readonly keyid: string }[]
  }
}

/** Nothing of a statement comes near: it names some hundred files. */
export const maxBundleBytes = 16 * 1024 ** 2

/** @param pem PKCS #8 or SEC 1 @throws SvcsplitError E-ATT-KEY */
export function readSigningKey(pem: string, path: string): SignatureKey {
  if (/BEGIN (?:ENCRYPTED|.*\bENCRYPTED\b)|Proc-Type: 4,ENCRYPTED/.test(pem))
    throw badKey(path, 'is locked with a password', 'unlock it first: openssl pkcs8 -topk8 -nocrypt')
  return keyFrom(() => createPrivateKey(pem), path, 'is no private key in PEM form')
}

/** @param pem a public key, or the private one that it belongs to @throws SvcsplitError E-ATT-KEY */
export function readVerificationKey(pem: string, path: string): SignatureKey {
  return keyFrom(() => createPublicKey(pem), path, 'is no public key in PEM form')
}

function keyFrom(read: () => KeyObject, path: string, problem: string): SignatureKey {
  let key: KeyObject
  try {
    key = read()
  } catch {
    // the cause stays out: it could quote the key
    throw badKey(path, problem, 'openssl genpkey -algorithm ed25519 makes one')
  }
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (key.asymmetricKeyType !== 'ed25519' && !(key.asymmetricKeyType === 'ec' && curve === 'prime256v1'))
    throw badKey(
      path,
      `is of the kind ${[key.asymmetricKeyType, curve].filter((part) => part !== undefined).join(' ')}`,
      'Ed25519 and ECDSA on P-256 are known',
    )
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' })
  return { key, id: createHash('sha256').update(spki).digest('base64') }
}

function badKey(path: string, problem: string, hint: string): SvcsplitError {
  return new SvcsplitError('E-ATT-KEY', `the key ${problem}`, { at: { path }, hint })
}

/** What is signed: type and payload with their lengths, so that neither can be taken for the other (DSSE 1.0). */
function signedBytes(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType)
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload])
}

function algorithmOf(key: KeyObject): 'sha256' | null {
  return key.asymmetricKeyType === 'ec' ? 'sha256' : null
}

/** A statement in a signed envelope, in the bundle that Sigstore's programs read. */
export function signStatement(statement: string, { key, id }: SignatureKey): string {
  const payload = Buffer.from(statement)
  const signature = signBytes(algorithmOf(key), signedBytes(statementMediaType, payload), key)
  const bundle: Bundle = {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: id } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: statementMediaType,
      signatures: [{ sig: signature.toString('base64'), keyid: id }],
    },
  }
  return JSON.stringify(bundle)
}

/** What a look at a signature came to. */
type SignatureVerdict =
  | { readonly kind: 'signed'; readonly statement: string }
  /** By another key, going by its name. */
  | { readonly kind: 'other-key'; readonly keyId: string }
  /** No signature of it holds under the key. */
  | { readonly kind: 'broken' }

/** @throws SvcsplitError E-ATT-FORM for what is no bundle with an envelope */
export function verifyBundle(text: string, { key, id }: SignatureKey): SignatureVerdict {
  const { payload, payloadType, signatures, hint } = readBundle(text)
  const bytes = signedBytes(payloadType, payload)
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const holds = signatures.some(({ sig }) => verifyBytes(algorithmOf(publicKey), bytes, publicKey, sig))
  if (holds) return { kind: 'signed', statement: payload.toString('utf8') }
  // names of keys are a hint, not a proof: they only tell which sentence helps
  const named = [...signatures.map(({ keyId }) => keyId), hint].filter((name) => name !== '')
  const [other] = named
  return other === undefined || named.includes(id) ? { kind: 'broken' } : { kind: 'other-key', keyId: other }
}

function readBundle(text: string): {
  readonly payload: Buffer
  readonly payloadType: string
  readonly signatures: readonly { readonly sig: Buffer; readonly keyId: string }[]
  readonly hint: string
} {
  const bundle = parsed(text)
  const envelope = record(record(bundle).dsseEnvelope)
  const { payload, payloadType, signatures } = envelope
  if (typeof payload !== 'string' || payloadType !== statementMediaType)
    throw malformed('holds no in-toto statement')
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > 100)
    throw malformed('has no signature, or too many')
  const hint = record(record(record(bundle).verificationMaterial ?? {}).publicKey ?? {}).hint
  return {
    payload: Buffer.from(payload, 'base64'),
    payloadType,
    signatures: signatures.map((item) => {
      const { sig, keyid } = record(item)
      if (typeof sig !== 'string') throw malformed('has a signature without bytes')
      return { sig: Buffer.from(sig, 'base64'), keyId: typeof keyid === 'string' ? keyid : '' }
    }),
    hint: typeof hint === 'string' ? hint : '',
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('is not JSON')
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw malformed('does not have the form of one')
}

function malformed(problem: string): SvcsplitError {
  return new SvcsplitError('E-ATT-FORM', `the attestation ${problem}`)
}
