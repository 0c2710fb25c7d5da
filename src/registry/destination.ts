import { type LayoutReference, parseLayoutReference, parseReference, type Reference } from '#oci/reference.js'

/** Where an image is, or shall be. */
export type Place =
  | { readonly kind: 'layout'; readonly layout: LayoutReference }
  | { readonly kind: 'registry'; readonly reference: Reference }

/** Reads `oci:DIR[:NAME]`, `registry:REF` or `REF`. @throws E-IMG-REF */
export function parsePlace(text: string): Place {
  if (text.startsWith('oci:')) return { kind: 'layout', layout: parseLayoutReference(text) }
  const rest = text.startsWith('registry:') ? text.slice('registry:'.length) : text
  // a host may be named "registry" and have a port
  const isHost = rest !== text && /^\d{1,5}\//.test(rest)
  return { kind: 'registry', reference: parseReference(isHost ? text : rest) }
}
