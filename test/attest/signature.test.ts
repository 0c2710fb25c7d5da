import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkAttestation } from '#attest/check-attestation.js'
import { provenanceOf } from '#attest/provenance.js'
import { readSigningKey, readVerificationKey, signStatement } from '#attest/signature.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { baseDigest, fromSdist, locked, lockOf } from './fixture.js'

type Kind = 'ed25519' | 'P-256'

function pair(kind: Kind) {
  const { privateKey, publicKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { pem, publicPem, secret: readSigningKey(pem, 'k'), open: readVerificationKey(publicPem, 'k.pub') }
}

const digest = sha256('image')
const lock = lockOf(locked('demo', '1', ['b']), fromSdist('b', '2'))
const image = {
  name: 'demo:2025.1',
  digest,
  platform: 'linux/amd64' as const,
  base: { name: 'debian:bookworm', digest: baseDigest },
}
const sbom = { name: 'cdx.json', mediaType: 'application/vnd.cyclonedx+json', sha256: hexOf(sha256('sbom')) }
const statement = provenanceOf({ image, lock, byproducts: [sbom] })

/** The bundle with something in its envelope exchanged. */
function bent(
  bundle: string,
  change: (envelope: Record<string, unknown>) => Record<string, unknown>,
): string {
  const parsed = JSON.parse(bundle) as { dsseEnvelope: Record<string, unknown> }
  return JSON.stringify({
    ...parsed,
    dsseEnvelope: { ...parsed.dsseEnvelope, ...change(parsed.dsseEnvelope) },
  })
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe.each(['ed25519', 'P-256'] as const)('a signature by %s', (kind) => {
  const { pem, secret, open } = pair(kind)
  const bundle = signStatement(statement, secret)

  it('holds under its key, and covers the documents of the same build', () => {
    expect(checkAttestation(bundle, open, digest)).toEqual({
      kind: 'holds',
      predicateType: 'https://slsa.dev/provenance/v1',
      covers: [`sha256:${sbom.sha256}`, expect.stringMatching(/^sha256:/)],
    })
  })

  it('is one over type and payload with their lengths, as the envelope specification has it', () => {
    const { payload, payloadType, signatures } = (
      JSON.parse(bundle) as {
        dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
      }
    ).dsseEnvelope
    const text = Buffer.from(payload, 'base64').toString()
    const signed = Buffer.from(`DSSEv1 28 ${payloadType} ${Buffer.byteLength(text)} ${text}`)
    const sig = Buffer.from(signatures[0]!.sig, 'base64')
    expect(text).toBe(statement)
    expect(verify(kind === 'P-256' ? 'sha256' : null, signed, createPublicKey(pem), sig)).toBe(true)
  })

  it('does not hold under another key, and says whose it is', () => {
    expect(checkAttestation(bundle, pair(kind).open, digest)).toEqual({ kind: 'other-key', keyId: secret.id })
    const other = pair(kind === 'P-256' ? 'ed25519' : 'P-256')
    expect(checkAttestation(bundle, other.open, digest)).toEqual({ kind: 'other-key', keyId: secret.id })
  })

  it.each([
    [
      'its payload is exchanged',
      () => ({ payload: base64(statement.replace('debian:bookworm', 'debian:trixie')) }),
    ],
    ['its signature is cut', () => ({ signatures: [{ sig: 'AAAA', keyid: secret.id }] })],
    ['its signature is empty', () => ({ signatures: [{ sig: '', keyid: secret.id }] })],
  ])('does not hold when %s', (_, change) => {
    expect(checkAttestation(bent(bundle, change), open, digest)).toEqual({ kind: 'broken' })
  })

  it('says nothing about another image', () => {
    expect(checkAttestation(bundle, open, sha256('other'))).toEqual({
      kind: 'other-image',
      subjects: [digest],
    })
  })

  it('covers nothing when what it signs is no statement', () => {
    expect(checkAttestation(signStatement('{"_type":', secret), open, digest)).toMatchObject({
      kind: 'malformed',
    })
    expect(checkAttestation(signStatement('{}', secret), open, digest)).toMatchObject({ kind: 'malformed' })
  })
})

describe('what is no signed statement', () => {
  const { open, secret } = pair('ed25519')
  const bundle = signStatement(statement, secret)

  it.each([
    ['text', 'hello'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an envelope of another type', bent(bundle, () => ({ payloadType: 'application/json' }))],
    ['no signatures', bent(bundle, () => ({ signatures: [] }))],
    ['a thousand signatures', bent(bundle, () => ({ signatures: Array(1000).fill({ sig: '' }) }))],
    ['a signature without bytes', bent(bundle, () => ({ signatures: [{}] }))],
  ])('is told as malformed: %s', (_, text) => {
    expect(checkAttestation(text, open, digest)).toMatchObject({ kind: 'malformed' })
  })
})

describe('keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const

  it.each([
    ['of another kind', () => rsa.privateKey.export(pkcs8).toString(), 'is of the kind rsa'],
    ['of another curve', () => p384.privateKey.export(pkcs8).toString(), 'is of the kind ec secp384r1'],
    [
      'locked with a password',
      () => rsa.privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      'is locked with a password',
    ],
    [
      'that are none',
      () => '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n',
      'is no private key',
    ],
    ['that are only public', () => pair('ed25519').publicPem, 'is no private key'],
  ])('%s do not sign, and are not quoted', (_, pem, problem) => {
    const attempt = () => readSigningKey(pem(), 'k.pem')
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'E-ATT-KEY', message: expect.stringContaining(problem) }),
    )
    expect(attempt).not.toThrow(expect.objectContaining({ cause: expect.anything() }))
  })

  it('are named by the hash of what is public, so that both halves have one name', () => {
    const { secret, open, publicPem } = pair('P-256')
    const der = createPublicKey(publicPem).export({ type: 'spki', format: 'der' })
    expect(secret.id).toBe(createHash('sha256').update(der).digest('base64'))
    expect(open.id).toBe(secret.id)
  })
})

describe('provenanceOf', () => {
  it('names the base and every file by digest, the sdist beside the wheel that was built from it', () => {
    const { subject, predicate } = JSON.parse(statement) as {
      subject: unknown
      predicate: {
        buildDefinition: { resolvedDependencies: unknown[]; externalParameters: unknown }
        runDetails: { byproducts: unknown[]; metadata?: unknown }
      }
    }
    const { resolvedDependencies, externalParameters } = predicate.buildDefinition
    expect(subject).toEqual([{ name: 'demo:2025.1', digest: { sha256: hexOf(digest) } }])
    expect(externalParameters).toEqual({
      service: 'demo',
      release: '2025.1',
      distribution: 'demo',
      python: '3.11',
      platform: 'linux/amd64',
      base: 'debian:bookworm',
    })
    expect(resolvedDependencies).toEqual([
      { digest: { sha256: hexOf(baseDigest) }, name: 'debian:bookworm' },
      { uri: 'pkg:pypi/b@2', digest: { sha256: hexOf(sha256('b sdist')) }, name: 'b-2.tar.gz' },
      {
        uri: 'pkg:pypi/demo@1',
        digest: { sha256: hexOf(sha256('demo 1-py3-none-any.whl')) },
        name: 'demo-1-py3-none-any.whl',
      },
    ])
    expect(predicate.runDetails.byproducts).toContainEqual({
      uri: 'pkg:pypi/b@2',
      digest: { sha256: hexOf(sha256('b built')) },
      name: 'b-2-py3-none-any.whl',
    })
    expect(predicate.runDetails.metadata).toBeUndefined()
  })

  it('holds neither the path of a base nor where a file came from', () => {
    const [first, ...rest] = lock.distributions
    const withUrl = {
      ...first!,
      sdist: { ...first!.sdist!, url: 'https://user:pass@index.example/b.tar.gz' },
    }
    const text = provenanceOf({
      image: { ...image, base: { name: 'oci:/home/somebody/base', digest: baseDigest } },
      lock: { ...lock, distributions: [withUrl, ...rest] },
    })
    expect(text).not.toMatch(/somebody|index\.example|pass/)
  })

  it('bears a time and a builder only when they are given', () => {
    const text = provenanceOf({
      image,
      lock,
      created: '2026-01-31T12:00:00Z',
      builder: 'https://ci.example/1',
    })
    expect(text).toContain('"finishedOn":"2026-01-31T12:00:00Z"')
    expect(text).toContain('"id":"https://ci.example/1"')
  })
})
