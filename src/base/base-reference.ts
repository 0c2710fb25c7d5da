import { SvcsplitError } from '#errors.js'
import { parseLayoutReference } from '#oci/reference.js'

type BaseReference =
  | { readonly kind: 'debian'; readonly suite: string }
  | { readonly kind: 'layout'; readonly dir: string; readonly name?: string }

/** Reads `debian:bookworm`, `oci:DIR` or `oci:DIR:NAME`. @throws E-IMG-REF */
export function parseBaseReference(text: string): BaseReference {
  if (text.startsWith('oci:')) return { kind: 'layout', ...parseLayoutReference(text) }
  const suite = /^debian:([a-z][a-z0-9.-]{0,63})$/.exec(text)?.[1]
  if (suite !== undefined) return { kind: 'debian', suite }
  throw new SvcsplitError('E-IMG-REF', `${JSON.stringify(text.slice(0, 200))} is not a base image`, {
    hint: 'write debian:bookworm (or another suite), oci:DIR, oci:DIR:NAME or registry:REFERENCE',
  })
}

/** The suite of a base that is bootstrapped; none for a base that brings its own packages. @throws E-IMG-REF */
export function suiteOf(text: string): string | undefined {
  const reference = parseBaseReference(text)
  return reference.kind === 'debian' ? reference.suite : undefined
}
