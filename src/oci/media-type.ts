/** Media types of the OCI image specification, and of Docker's image manifest version 2 schema 2. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layerTar: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

/** `oci`, or `docker` for readers that want the older types (health checks exist only there). */
export type ImageFormat = 'oci' | 'docker'

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest
}

/** How the bytes of a layer are packed, or none for a media type that is not a layer. */
export function layerCompression(mediaType: string): 'none' | 'gzip' | 'zstd' | undefined {
  switch (mediaType) {
    case mediaTypes.layerTar:
      return 'none'
    case mediaTypes.layerGzip:
    case mediaTypes.dockerLayerGzip:
      return 'gzip'
    case mediaTypes.layerZstd:
      return 'zstd'
    default:
      return undefined
  }
}

/** Media types of one image format, for the parts that an image of it is made of. */
export function typesOf(format: ImageFormat): { manifest: string; config: string; layer: string } {
  if (format === 'docker')
    return {
      manifest: mediaTypes.dockerManifest,
      config: mediaTypes.dockerConfig,
      layer: mediaTypes.dockerLayerGzip,
    }
  return { manifest: mediaTypes.manifest, config: mediaTypes.config, layer: mediaTypes.layerGzip }
}

/** The same layer type in the words of one format: some registries refuse a manifest that mixes them. */
export function layerTypeIn(format: ImageFormat, mediaType: string): string {
  if (layerCompression(mediaType) !== 'gzip') return mediaType
  return typesOf(format).layer
}
