import { visible } from '#errors.js'
import type { AttestResult } from '#verbs/attest.js'
import type { VerifiedAttestations } from '#verbs/attest-verify.js'
import { bytesText } from './bytes.js'
import { painter, type TextOptions } from './terminal.js'

/** What was said of images, and where it is. */
export function attestText(results: readonly AttestResult[]): string {
  const lines = results.flatMap(({ image, digest, signedBy, documents }) => [
    `${image}  ${digest}`,
    ...documents.map(({ kind, bytes, manifest, path }) => {
      const place = path ?? `referrer ${manifest}`
      const signed = kind === 'provenance' && signedBy !== undefined ? `, signed by ${signedBy}` : ''
      return `  ${kind.padEnd(10)}  ${place}  ${bytesText(bytes)}${signed}`
    }),
  ])
  return `${lines.join('\n')}\n`
}

/** What the attestations of an image are worth. */
export function verifiedText(result: VerifiedAttestations, options: TextOptions): string {
  const paint = painter(options)
  const { image, digest, keyId, holds, attestations, documents } = result
  const head = holds
    ? paint('green', 'signed by this key')
    : attestations.length === 0
      ? paint('red', 'not signed')
      : paint('red', 'not signed by this key')
  const lines = [
    `${visible(image)}  ${digest}`,
    `  ${head}  ${keyId}`,
    ...attestations.map(({ manifest, verdict }) => `  ${manifest}  ${told(verdict)}`),
    ...documents.map(
      ({ manifest, mediaType, covered }) =>
        `  ${manifest}  ${visible(mediaType)}: ${covered ? 'named by a signed attestation' : paint('yellow', 'nobody vouches for it')}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** Names are fixed: add, never rename. */
export function verifiedJson(result: VerifiedAttestations): string {
  return `${JSON.stringify({ schemaVersion: '1.0', ...result }, null, 2)}\n`
}

function told(verdict: VerifiedAttestations['attestations'][number]['verdict']): string {
  switch (verdict.kind) {
    case 'holds':
      return `${visible(verdict.predicateType)}: the signature holds`
    case 'other-key':
      return `signed by another key: ${visible(verdict.keyId)}`
    case 'broken':
      return 'the signature does not hold: the statement or the signature was changed'
    case 'other-image':
      return `the signature holds, and the statement speaks of another image: ${visible(verdict.subjects.join(', '))}`
    case 'malformed':
      return visible(verdict.problem)
  }
}
