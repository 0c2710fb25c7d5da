import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { ensureDir, exists, readBytes } from '#io/files.js'
import { linkOrCopy, writeAtomic } from '#io/write-files.js'

/** What a manifest is that does not say it (image-spec, manifest.md). */
const ociManifest = 'application/vnd.oci.image.manifest.v1+json'

/** One image of an OCI layout on disk. */
export interface LocalImage {
  /** Folder of the layout. */
  readonly layout: string
  /** `sha256:...` of its manifest. */
  readonly digest: string
}

interface ManifestParts {
  readonly mediaType?: string
  readonly config: { readonly digest: string }
  readonly layers: readonly { readonly digest: string }[]
}

function blobOf(layout: string, digest: string): string {
  const [, hex = ''] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? []
  if (hex === '') throw new SvcsplitError('E-IMG-FORM', `${layout} names a blob that is no SHA-256 digest`)
  return join(layout, 'blobs/sha256', hex)
}

/**
 * Makes `dir` an OCI layout that holds the image and nothing else, its blobs as hard links where the file
 * system can.
 * @throws E-IMG-FORM if the layout does not have the image, E-FS-*
 */
export async function writeLayoutOf(image: LocalImage, dir: string): Promise<void> {
  const path = blobOf(image.layout, image.digest)
  if (!(await exists(path)))
    throw new SvcsplitError('E-IMG-FORM', `${image.layout} does not have ${image.digest}`)
  const bytes = await readBytes(path, { maxBytes: 4 * 1024 * 1024 })
  const { mediaType = ociManifest, config, layers } = JSON.parse(bytes.toString()) as ManifestParts
  await ensureDir(join(dir, 'blobs/sha256'))
  for (const digest of new Set([image.digest, config.digest, ...layers.map((layer) => layer.digest)])) {
    const to = blobOf(dir, digest)
    if (!(await exists(to))) await linkOrCopy(blobOf(image.layout, digest), to)
  }
  await writeAtomic(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest: image.digest, size: bytes.length }] }
  await writeAtomic(join(dir, 'index.json'), JSON.stringify(index))
}

/**
 * Makes an image known to buildah under a name that it accepts: buildah takes the folder's path for an image
 * name and refuses paths with capitals or a leading dot, such as `~/.cache`, and layouts that hold several
 * images.
 * @returns the reference to hand to buildah, which has to run in `dir`
 * @throws as `writeLayoutOf`
 */
export async function nameForBuildah(image: LocalImage, dir: string): Promise<string> {
  const name = `base-${image.digest.slice('sha256:'.length, 'sha256:'.length + 16)}`
  await writeLayoutOf(image, join(dir, name))
  return `oci:${name}`
}
