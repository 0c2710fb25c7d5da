import type { ImageConfig } from '#oci/config.js'
import { encodeImageConfig } from '#oci/config.js'
import { sha256 } from '#oci/digest.js'
import { encodeManifest, type Manifest } from '#oci/manifest.js'
import { layerTypeIn, mediaTypes } from '#oci/media-type.js'
import { type Base, baseLayersAnnotation, historyPrefix, type Image } from './assemble.js'

/** How many of an image's layers svcsplit put on its base: each has one line in the history. */
export function ownLayers({ history = [] }: Pick<ImageConfig, 'history'>): number {
  const first = history.findLastIndex(({ created_by }) => created_by?.startsWith(historyPrefix) !== true)
  return history.length - 1 - first
}

/**
 * The image with other layers under its own: a pure function. Its layers, and how it is started, stay as they
 * are.
 */
export function rebaseImage(
  image: { readonly manifest: Manifest; readonly config: ImageConfig },
  base: Base,
): Image {
  const own = ownLayers(image.config)
  const format = image.manifest.mediaType === mediaTypes.dockerManifest ? 'docker' : 'oci'
  const config: ImageConfig = {
    ...image.config,
    rootfs: {
      type: 'layers',
      diff_ids: [...base.config.rootfs.diff_ids, ...image.config.rootfs.diff_ids.slice(-own)],
    },
    history: [
      ...(base.config.history ?? base.manifest.layers.map(() => ({ created_by: base.name }))),
      ...(image.config.history ?? []).slice(-own),
    ],
  }
  const configBytes = encodeImageConfig(config)
  const { annotations } = image.manifest
  const manifest: Manifest = {
    ...image.manifest,
    config: { ...image.manifest.config, digest: sha256(configBytes), size: configBytes.length },
    layers: [
      ...base.manifest.layers.map(({ mediaType, digest, size }) => ({
        mediaType: layerTypeIn(format, mediaType),
        digest,
        size,
      })),
      ...image.manifest.layers.slice(-own),
    ],
    ...(annotations === undefined
      ? {}
      : {
          annotations: new Map([
            ...annotations,
            ['org.opencontainers.image.base.name', base.name],
            ['org.opencontainers.image.base.digest', base.digest],
            [baseLayersAnnotation, String(base.manifest.layers.length)],
          ]),
        }),
  }
  const manifestBytes = encodeManifest(manifest)
  const { architecture, os, variant } = config
  return {
    manifest,
    manifestBytes,
    config,
    configBytes,
    descriptor: {
      mediaType: manifest.mediaType,
      digest: sha256(manifestBytes),
      size: manifestBytes.length,
      platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
    },
  }
}
