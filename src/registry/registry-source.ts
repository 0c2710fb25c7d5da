import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { openBlobStore } from '#io/blob-store.js'
import { remove } from '#io/files.js'
import { hexOf } from '#oci/digest.js'
import { isIndexType, isManifestType } from '#oci/media-type.js'
import { fetchBlob } from './blobs.js'
import type { Repository } from './endpoint.js'
import type { ImageSource } from './image-source.js'
import { fileContent } from './layout-source.js'
import { requireManifest } from './manifests.js'
import { listReferrers } from './referrers.js'
import type { Session } from './session.js'

/**
 * A repository as the place that an image comes from. Blobs are fetched whole into a temporary store and verified
 * before their first byte goes on: a fault of one registry then never looks like one of the other.
 */
export function registrySource(session: Session, repository: Repository): ImageSource {
  const dir = join(tmpdir(), `svcsplit-copy-${randomBytes(9).toString('hex')}`)
  const store = openBlobStore(dir, { durable: false })
  const name = `${repository.registry}/${repository.repository}`
  return {
    name,
    repository,

    async document(descriptor) {
      if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType))
        throw new SvcsplitError(
          'E-REG-CONTENT',
          `${name}: ${descriptor.digest} is neither manifest nor index`,
        )
      const { bytes } = await requireManifest(session, repository, descriptor.digest)
      return bytes
    },

    async blob(descriptor) {
      await fetchBlob(session, repository, descriptor, store)
      return fileContent(store.path(hexOf(descriptor.digest)))
    },

    fetch: (descriptor, into, onBytes) => fetchBlob(session, repository, descriptor, into, onBytes),

    referrers: async ({ digest }) => (await listReferrers(session, repository, digest)).referrers,
    close: () => remove(dir),
  }
}
