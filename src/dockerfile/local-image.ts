import { join, resolve } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { ensureDir, exists, readBytes, symlinkTo, writeAtomic } from '#io/files.js'

/** What a manifest is that does not say it (image-spec, manifest.md). */
const ociManifest = 'application/vnd.oci.image.manifest.v1+json'

/** One image of an OCI layout on disk. */
export interface LocalImage {
  /** Folder of the layout. */
  readonly layout: string
  /** `sha256:...` of its manifest. */
  readonly digest: string
}

/**
 * Makes an image known to buildah under a name that it accepts: buildah takes the folder's path for an image
 * name and refuses paths with capitals or a leading dot, such as `~/.cache`, and layouts that hold several
 * images. So a layout of its own stands for it, whose blobs are those of the other.
 * @returns the reference to hand to buildah, which has to run in `dir`
 * @throws E-IMG-FORM if the layout does not have the manifest
 */
export async function nameForBuildah(image: LocalImage, dir: string): Promise<string> {
  const [algorithm = '', hex = ''] = image.digest.split(':')
  const manifest = join(image.layout, 'blobs', algorithm, hex)
  if (!(await exists(manifest)))
    throw new SvcsplitError('E-IMG-FORM', `${image.layout} does not have ${image.digest}`)
  const bytes = await readBytes(manifest, { maxBytes: 4 * 1024 * 1024 })
  const name = `base-${hex.slice(0, 16)}`
  const alias = join(dir, name)
  await ensureDir(alias)
  await symlinkTo(resolve(image.layout, 'blobs'), join(alias, 'blobs'))
  await writeAtomic(join(alias, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const { mediaType = ociManifest } = JSON.parse(bytes.toString()) as { mediaType?: string }
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest: image.digest, size: bytes.length }] }
  await writeAtomic(join(alias, 'index.json'), JSON.stringify(index))
  return `oci:${name}`
}
