import { dirname, resolve } from 'node:path'
import { SvcsplitError, visible } from '#errors.js'
import { requireLayoutPlace, requireWritable } from '#image/layout.js'
import { statusOf } from '#io/files.js'
import { parseReference } from '#oci/reference.js'

/** Where built images go. */
export type Destination =
  | { readonly kind: 'layout'; readonly dir: string }
  | { readonly kind: 'archive'; readonly path: string; readonly form: 'oci' | 'docker' }
  /** A reference that may have `{service}` and `{release}` in it. */
  | { readonly kind: 'registry'; readonly pattern: string }

/** Reads `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE` or `registry:REF`. @throws E-IMG-REF */
export function parseDestination(text: string): Destination {
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  if (colon > 0 && rest !== '') {
    switch (text.slice(0, colon)) {
      case 'oci':
        return { kind: 'layout', dir: rest }
      case 'oci-archive':
        return { kind: 'archive', path: rest, form: 'oci' }
      case 'docker-archive':
        return { kind: 'archive', path: rest, form: 'docker' }
      case 'registry':
        return { kind: 'registry', pattern: rest }
    }
  }
  throw new SvcsplitError('E-IMG-REF', `${visible(JSON.stringify(text))} is not a destination for images`, {
    hint: 'write oci:DIR, oci-archive:FILE, docker-archive:FILE or registry:REGISTRY/PROJECT/{service}',
  })
}

/** The repository and tag of one image: `{service}` and `{release}` filled in, the tag added if there is none. */
export function referenceText(
  pattern: string,
  image: { readonly service: string; readonly release: string; readonly tag: string },
): string {
  const filled = pattern.replaceAll('{service}', image.service).replaceAll('{release}', image.release)
  const tagged = filled.includes('@') || /:[^/]*$/.test(filled)
  return tagged ? filled : `${filled}:${image.tag}`
}

/**
 * Refuses a destination that could not take the images, before anything is made for it.
 * @throws E-IMG-REF, E-OUT-EXISTS, E-FS-*
 */
export async function requireDestination(destination: Destination, images: number): Promise<void> {
  switch (destination.kind) {
    case 'layout':
      return requireLayoutPlace(destination.dir)
    case 'archive': {
      const { path } = destination
      const status = await statusOf(path, { follow: true })
      if (status !== undefined && status.kind !== 'file')
        throw new SvcsplitError('E-OUT-EXISTS', `${path} is not a file`, { at: { path } })
      return requireWritable(dirname(resolve(path)))
    }
    case 'registry':
      parseReference(referenceText(destination.pattern, { service: 'service', release: '0', tag: '0' }))
      if (images > 1 && !destination.pattern.includes('{service}'))
        throw new SvcsplitError('E-IMG-REF', `${images} images cannot have one name in a registry`, {
          hint: 'write {service} where the name of each service shall stand: registry:REGISTRY/PROJECT/{service}',
        })
  }
}
