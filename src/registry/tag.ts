import { SvcsplitError } from '#errors.js'
import type { Digest } from '#oci/digest.js'
import { refusalError } from './answer.js'
import type { Repository } from './endpoint.js'
import { getManifest, headManifest, pushScope, putManifest, type StoredManifest, shown } from './manifests.js'
import type { Session } from './session.js'

/**
 * Lets a tag name a manifest that the repository has, and reads the tag again. A tag that names it already is left
 * alone, so that registries with immutable tags take the same push twice. `before` is what the tag names now.
 * @throws E-REG-IMMUTABLE, E-REG-VERIFY, E-REG-*, E-NET-*
 */
export async function moveTag(
  session: Session,
  repository: Repository,
  tag: string,
  manifest: StoredManifest,
  before: Digest | undefined,
): Promise<void> {
  const { digest } = manifest.descriptor
  if (before !== digest) {
    const { refusal } = await putManifest(session, repository, tag, manifest)
    if (refusal !== undefined) {
      const now = (await headManifest(session, repository, tag, pushScope(repository)))?.digest
      if (now !== digest) {
        const error = refusalError(
          refusal,
          `cannot tag ${shown(repository, tag)}`,
          new URL(`https://${repository.registry}`),
        )
        if (now === undefined) throw error
        // the same bytes were taken under their digest, so it is the tag that the registry holds fast
        throw new SvcsplitError('E-REG-IMMUTABLE', `${error.message}; the tag names ${now}`, {
          hint: 'tags of this repository do not move: choose another tag',
        })
      }
    }
  }
  const now = await getManifest(session, repository, tag, pushScope(repository))
  if (now?.descriptor.digest === digest) return
  throw new SvcsplitError(
    'E-REG-VERIFY',
    `${shown(repository, tag)} names ${now?.descriptor.digest ?? 'nothing'} right after ${digest} was pushed`,
    { hint: 'somebody else may have pushed at the same time, or the registry answers from a stale cache' },
  )
}
