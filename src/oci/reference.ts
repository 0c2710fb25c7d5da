import { SvcsplitError } from '#errors.js'
import { type Digest, isDigest } from './digest.js'

/** An image in a registry (distribution-spec, "Pulling manifests"). */
export interface Reference {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
}

const hostForm =
  /^(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/
const repositoryForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/**
 * Reads `registry.example:5000/openstack/glance:2025.1`, also with `@sha256:...`. The registry must be named:
 * a default would decide where images go.
 * @throws SvcsplitError E-IMG-REF
 */
export function parseReference(text: string): Reference {
  if (text.length > 1024) throw refused(text, 'is too long')
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw refused(text, 'has a digest that is not sha256')
  const named = at < 0 ? text : text.slice(0, at)
  const slash = named.indexOf('/')
  const registry = named.slice(0, Math.max(slash, 0))
  if (slash < 0 || !hostForm.test(registry) || !/[.:]|^localhost$/.test(registry))
    throw refused(text, 'does not begin with a registry')
  const rest = named.slice(slash + 1)
  const colon = rest.indexOf(':')
  const repository = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? undefined : rest.slice(colon + 1)
  if (!repositoryForm.test(repository)) throw refused(text, 'has a repository name that registries refuse')
  if (tag !== undefined && !isTag(tag)) throw refused(text, 'has a tag that registries refuse')
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${reference.registry}/${reference.repository}${tag}${digest}`
}

export function isTag(text: string): boolean {
  return tagForm.test(text)
}

/** An image in an OCI layout on disk: `oci:DIR` or `oci:DIR:NAME`, as skopeo, buildah and podman write it. */
export interface LayoutReference {
  readonly dir: string
  /** The ref name, such as `glance:2025.1`. */
  readonly name?: string
}

/** @throws SvcsplitError E-IMG-REF */
export function parseLayoutReference(text: string): LayoutReference {
  const rest = text.startsWith('oci:') ? text.slice('oci:'.length) : ''
  const colon = rest.indexOf(':')
  const dir = colon < 0 ? rest : rest.slice(0, colon)
  const name = colon < 0 ? undefined : rest.slice(colon + 1)
  if (dir === '') throw refused(text, 'is not oci:DIR or oci:DIR:NAME')
  if (name !== undefined && !isRefName(name)) throw refused(text, 'has a name that layout readers refuse')
  return { dir, ...(name === undefined ? {} : { name }) }
}

/** The grammar of ref names in a layout (image-spec, annotations.md). */
export function isRefName(text: string): boolean {
  return (
    text.length <= 512 &&
    /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/.test(
      text,
    )
  )
}

function refused(text: string, problem: string): SvcsplitError {
  return new SvcsplitError('E-IMG-REF', `${JSON.stringify(text.slice(0, 200))} ${problem}`, {
    hint: 'write registry.example/project/name:tag, registry.example/project/name@sha256:..., or oci:DIR:NAME',
  })
}
