import type { Layer } from '#layers/layer.js'
import type { ImageConfig } from '#oci/config.js'
import { encodeImageConfig } from '#oci/config.js'
import { sha256 } from '#oci/digest.js'
import { encodeManifest, type Manifest } from '#oci/manifest.js'
import { layerTypeIn, mediaTypes } from '#oci/media-type.js'
import { type Base, baseLayersAnnotation, historyOf, historyPrefix, type Image } from './assemble.js'

/** How many of an image's layers svcsplit put on its base: each has one line in the history. */
export function ownLayers({ history = [] }: Pick<ImageConfig, 'history'>): number {
  const first = history.findLastIndex(({ created_by }) => created_by?.startsWith(historyPrefix) !== true)
  return history.length - 1 - first
}

interface Finished {
  readonly manifest: Manifest
  readonly config: ImageConfig
}

/** The image without its topmost layer, as it is for {@link rebaseImage}: its config has another digest than it says. */
export function withoutTop({ manifest, config }: Finished): Finished {
  return {
    manifest: { ...manifest, layers: manifest.layers.slice(0, -1) },
    config: {
      ...config,
      rootfs: { type: 'layers', diff_ids: config.rootfs.diff_ids.slice(0, -1) },
      history: (config.history ?? []).slice(0, -1),
    },
  }
}

/**
 * The image with other layers under its own: a pure function. Its layers, and how it is started, stay as they
 * are.
 * @param top goes on its layers
 */
export function rebaseImage(image: Finished, base: Base, top: readonly Layer[] = []): Image {
  const own = ownLayers(image.config)
  const format = image.manifest.mediaType === mediaTypes.dockerManifest ? 'docker' : 'oci'
  const config: ImageConfig = {
    ...image.config,
    rootfs: {
      type: 'layers',
      diff_ids: [
        ...base.config.rootfs.diff_ids,
        ...image.config.rootfs.diff_ids.slice(-own),
        ...top.map(({ diffId }) => diffId),
      ],
    },
    history: [
      ...(base.config.history ?? base.manifest.layers.map(() => ({ created_by: base.name }))),
      ...(image.config.history ?? []).slice(-own),
      ...top.map(historyOf),
    ],
  }
  const configBytes = encodeImageConfig(config)
  const { annotations } = image.manifest
  const manifest: Manifest = {
    ...image.manifest,
    config: { ...image.manifest.config, digest: sha256(configBytes), size: configBytes.length },
    layers: [
      ...base.manifest.layers,
      ...image.manifest.layers.slice(-own),
      ...top.map(({ descriptor }) => descriptor),
    ].map(({ mediaType, digest, size }) => ({ mediaType: layerTypeIn(format, mediaType), digest, size })),
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
