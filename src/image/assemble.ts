import type { Layer } from '#layers/layer.js'
import { layerTimeText } from '#layers/tar-header.js'
import type { HistoryEntry, ImageConfig, RuntimeConfig } from '#oci/config.js'
import { encodeImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, sha256 } from '#oci/digest.js'
import { encodeManifest, type Manifest } from '#oci/manifest.js'
import { type ImageFormat, layerTypeIn, typesOf } from '#oci/media-type.js'

/** The image that the layers go on. */
export interface Base {
  /** As a person asked for it: `debian:bookworm`. */
  readonly name: string
  /** Of its manifest. */
  readonly digest: Digest
  readonly manifest: Manifest
  readonly config: ImageConfig
}

export interface AssembleOptions {
  readonly base: Base
  /** Lowest first. */
  readonly layers: readonly Layer[]
  /** `org.opencontainers.image.title` and `.version`. */
  readonly title: string
  readonly version: string
  /** The prefix of the environment: its `bin` comes first in PATH. */
  readonly prefix: string
  readonly user: { readonly uid: number; readonly gid: number }
  readonly command: readonly string[]
  /** As `9292/tcp`. */
  readonly ports?: readonly string[]
  readonly workingDir?: string
  readonly stopSignal?: string
  /** Further variables, as name and value; they win over the base's. */
  readonly environment?: ReadonlyMap<string, string>
  /** Labels of the config, and annotations of the manifest beside the usual ones. */
  readonly labels?: ReadonlyMap<string, string>
  readonly annotations?: ReadonlyMap<string, string>
  /** Only with the format `docker`: OCI's config has no place for it. */
  readonly healthcheck?: NonNullable<RuntimeConfig['Healthcheck']>
  /** Default `oci`. */
  readonly format?: ImageFormat
}

/** An image whose layers are named and whose own two blobs are at hand. */
export interface Image {
  readonly manifest: Manifest
  readonly manifestBytes: Buffer
  readonly config: ImageConfig
  readonly configBytes: Buffer
  /** Of the manifest: what a layout or an index lists. */
  readonly descriptor: Descriptor
}

/** How many of an image's layers are its base's: where a later rebase or a diff may cut. */
export const baseLayersAnnotation = 'io.svcsplit.base.layers'

/** Every line of the history that is of svcsplit's own layers begins so. */
export const historyPrefix = 'svcsplit: '

/** The line of the history for a layer. */
export function historyOf({ title }: Layer): HistoryEntry {
  return { created: layerTimeText, created_by: `${historyPrefix}${title}` }
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Puts config and manifest on top of base and layers: a pure function, whose digest depends on nothing else.
 * No clock is read; `created` is the constant of all layers.
 */
export function assembleImage(options: AssembleOptions): Image {
  const { base, layers } = options
  const format = options.format ?? 'oci'
  const types = typesOf(format)
  const config: ImageConfig = {
    created: layerTimeText,
    architecture: base.config.architecture,
    os: base.config.os,
    ...(base.config.variant === undefined ? {} : { variant: base.config.variant }),
    config: runtimeConfig(options, format),
    rootfs: {
      type: 'layers',
      diff_ids: [...base.config.rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)],
    },
    history: [
      ...(base.config.history ?? base.manifest.layers.map(() => ({ created_by: base.name }))),
      ...layers.map(historyOf),
    ],
  }
  const configBytes = encodeImageConfig(config)
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256(configBytes), size: configBytes.length },
    layers: [...base.manifest.layers, ...layers.map(({ descriptor }) => descriptor)].map(
      ({ mediaType, digest, size }) => ({ mediaType: layerTypeIn(format, mediaType), digest, size }),
    ),
    // Docker's manifest has no annotations, and its readers are strict about unknown fields.
    ...(format === 'docker' ? {} : { annotations: annotationsOf(options) }),
  }
  const manifestBytes = encodeManifest(manifest)
  const { architecture, os, variant } = config
  return {
    manifest,
    manifestBytes,
    config,
    configBytes,
    descriptor: {
      mediaType: types.manifest,
      digest: sha256(manifestBytes),
      size: manifestBytes.length,
      platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
    },
  }
}

function annotationsOf({ base, title, version, annotations }: AssembleOptions): ReadonlyMap<string, string> {
  return new Map([
    ...(annotations ?? []),
    ['org.opencontainers.image.title', title],
    ['org.opencontainers.image.version', version],
    ['org.opencontainers.image.created', layerTimeText],
    ['org.opencontainers.image.base.name', base.name],
    ['org.opencontainers.image.base.digest', base.digest],
    [baseLayersAnnotation, String(base.manifest.layers.length)],
  ])
}

/** What the base says of how to run is kept where the service has no word of its own; its entry point is not. */
function runtimeConfig(options: AssembleOptions, format: ImageFormat): RuntimeConfig {
  const inherited = options.base.config.config ?? {}
  const { uid, gid } = options.user
  const ports = [...(inherited.ExposedPorts ?? []), ...(options.ports ?? [])]
  const labels = new Map([...(inherited.Labels ?? []), ...(options.labels ?? [])])
  const workingDir = options.workingDir ?? inherited.WorkingDir
  const stopSignal = options.stopSignal ?? inherited.StopSignal
  return {
    User: `${uid}:${gid}`,
    ...(ports.length === 0 ? {} : { ExposedPorts: [...new Set(ports)].sort() }),
    Env: variables(options, inherited.Env ?? []),
    ...(options.command.length === 0 ? {} : { Cmd: options.command }),
    ...(inherited.Volumes === undefined ? {} : { Volumes: inherited.Volumes }),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
    ...(labels.size === 0 ? {} : { Labels: labels }),
    ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    ...(format === 'docker' && options.healthcheck !== undefined ? { Healthcheck: options.healthcheck } : {}),
  }
}

/** The base's variables keep their order; a variable that is set anew keeps its place. */
function variables(options: AssembleOptions, inherited: readonly string[]): readonly string[] {
  const values = new Map<string, string>()
  for (const line of inherited) {
    const equals = line.indexOf('=')
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1))
  }
  values.set('PATH', `${options.prefix}/bin:${values.get('PATH') ?? defaultPath}`)
  values.set('PYTHONDONTWRITEBYTECODE', '1')
  for (const [name, value] of [...(options.environment ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
    values.set(name, value)
  return [...values].map(([name, value]) => `${name}=${value}`)
}
