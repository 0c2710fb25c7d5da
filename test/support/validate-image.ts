import { SvcsplitError } from '#errors.js'
import { layoutBlob, readLayoutImage } from '#image/layout.js'
import { readLayer, refuseLayer } from '#io/read-layer.js'
import { tarWalker } from '#io/tar-reader.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'

/** What a look at every byte of an image has found. */
interface ValidatedImage {
  readonly descriptor: Descriptor
  readonly layers: readonly { readonly digest: Digest; readonly diffId: Digest; readonly entries: number }[]
}

/**
 * For tests of what writes images: recomputes all digests, sizes and diffIDs of an image in a layout, and looks for a path that stands twice in
 * one layer (image-spec, layer.md forbids it).
 * @throws SvcsplitError E-IMG-DIGEST, E-IMG-FORM, E-IMG-REF, E-FS-*
 */
export async function validateImage(dir: string, name?: string): Promise<ValidatedImage> {
  const { descriptor, manifest, config } = await readLayoutImage(dir, name)
  const expected = config.rootfs.diff_ids
  if (expected.length !== manifest.layers.length)
    throw new SvcsplitError(
      'E-IMG-FORM',
      `the image has ${manifest.layers.length} layers and ${expected.length} diffIDs`,
      { at: { path: layoutBlob(dir, manifest.config.digest) } },
    )
  const layers: { digest: Digest; diffId: Digest; entries: number }[] = []
  for (const [index, layer] of manifest.layers.entries()) {
    const { diffId, entries } = await walkLayer(dir, layer)
    if (diffId !== expected[index])
      throw new SvcsplitError(
        'E-IMG-DIGEST',
        `layer ${index} unpacks to ${diffId}, not to ${expected[index]}`,
        {
          at: { path: layoutBlob(dir, layer.digest) },
        },
      )
    layers.push({ digest: layer.digest, diffId, entries })
  }
  return { descriptor, layers }
}

async function walkLayer(
  dir: string,
  layer: Descriptor,
): Promise<{ readonly diffId: Digest; readonly entries: number }> {
  const path = layoutBlob(dir, layer.digest)
  const paths = new Set<string>()
  const walker = tarWalker(
    {
      entry(entry) {
        if (paths.has(entry.path))
          throw new SvcsplitError('E-IMG-FORM', 'a path stands twice in one layer', {
            at: { archive: path, member: entry.path },
          })
        paths.add(entry.path)
        return false
      },
    },
    refuseLayer(path),
  )
  const diffId = await readLayer(path, layer, (chunk) => walker.push(chunk))
  walker.end()
  return { diffId, entries: paths.size }
}
