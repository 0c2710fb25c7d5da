import { createHash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'

/** `sha256:` and 64 lower-case hexadecimal digits: the only algorithm that every registry has to know. */
export type Digest = `sha256:${string}` & { readonly __brand: 'Digest' }

const form = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: string): text is Digest {
  return form.test(text)
}

/** @throws SvcsplitError E-IMG-FORM when the text is not a sha256 digest. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new SvcsplitError('E-IMG-FORM', `${JSON.stringify(text.slice(0, 100))} is not a sha256 digest`, {
    hint: 'a digest is "sha256:" and 64 lower-case hexadecimal digits',
  })
}

/** The digest of the given bytes. */
export function sha256(bytes: Uint8Array | string): Digest {
  return digestOfHex(createHash('sha256').update(bytes).digest('hex'))
}

/** The 64 digits without the algorithm: the name of the blob in a store or layout. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`)
}
