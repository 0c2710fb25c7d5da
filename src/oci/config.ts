import { type Digest, parseDigest } from './digest.js'
import {
  array,
  count,
  encodeJson,
  type JsonObject,
  malformed,
  object,
  optionalString,
  optionalStringMap,
  optionalStrings,
  parseJsonObject,
  sortedObject,
  string,
} from './json.js'

/** How containers of the image are started (image-spec, config.md, `config`); keys are the specification's. */
export interface RuntimeConfig {
  readonly User?: string
  /** `9292/tcp`; the specification writes a set as an object of empty objects. */
  readonly ExposedPorts?: readonly string[]
  /** `NAME=value` */
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Volumes?: readonly string[]
  readonly WorkingDir?: string
  readonly Labels?: ReadonlyMap<string, string>
  readonly StopSignal?: string
  /** Only Docker's media types carry it. */
  readonly Healthcheck?: Healthcheck
}

/** Durations are nanoseconds, as Docker counts them. */
export interface Healthcheck {
  readonly Test: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly Retries?: number
}

export interface HistoryEntry {
  /** RFC 3339 */
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/** What a runtime needs to know of an image beside its layers (image-spec, config.md). */
export interface ImageConfig {
  /** RFC 3339 */
  readonly created?: string
  readonly author?: string
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly config?: RuntimeConfig
  /** Digests of the uncompressed layers, lowest first. */
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly HistoryEntry[]
}

/** @throws SvcsplitError E-IMG-FORM */
export function parseImageConfig(bytes: Uint8Array | string): ImageConfig {
  const fields = parseJsonObject(bytes, 'image config')
  const rootfs = object(fields.rootfs, 'image config rootfs')
  if (rootfs.type !== 'layers') throw malformed('image config', 'has a rootfs that is not made of layers')
  const known: Mutable<ImageConfig> = {
    architecture: string(fields.architecture, 'image config architecture'),
    os: string(fields.os, 'image config os'),
    rootfs: {
      type: 'layers',
      diff_ids: (optionalStrings(rootfs.diff_ids, 'image config diff_ids') ?? []).map(parseDigest),
    },
  }
  put(known, 'created', optionalString(fields.created, 'image config created'))
  put(known, 'author', optionalString(fields.author, 'image config author'))
  put(known, 'variant', optionalString(fields.variant, 'image config variant'))
  if (fields.config !== undefined && fields.config !== null) known.config = runtimeConfigFrom(fields.config)
  if (fields.history !== undefined && fields.history !== null)
    known.history = array(fields.history, 'image config history').map(historyFrom)
  return known
}

/** The one byte form of a config. */
export function encodeImageConfig(image: ImageConfig): Buffer {
  return encodeJson({
    created: image.created,
    author: image.author,
    architecture: image.architecture,
    os: image.os,
    variant: image.variant,
    config: image.config === undefined ? undefined : runtimeConfigJson(image.config),
    rootfs: { type: image.rootfs.type, diff_ids: image.rootfs.diff_ids },
    history: image.history?.map((entry) => ({
      created: entry.created,
      created_by: entry.created_by,
      author: entry.author,
      comment: entry.comment,
      empty_layer: entry.empty_layer,
    })),
  })
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function put<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value
}

function runtimeConfigFrom(value: unknown): RuntimeConfig {
  const fields = object(value, 'image config')
  const config: Mutable<RuntimeConfig> = {}
  for (const key of ['User', 'WorkingDir', 'StopSignal'] as const)
    put(config, key, optionalString(fields[key], `image config ${key}`))
  for (const key of ['Env', 'Entrypoint', 'Cmd'] as const)
    put(config, key, optionalStrings(fields[key], `image config ${key}`))
  for (const key of ['ExposedPorts', 'Volumes'] as const) {
    const set = fields[key]
    if (set !== undefined && set !== null)
      config[key] = Object.keys(object(set, `image config ${key}`)).sort()
  }
  put(config, 'Labels', optionalStringMap(fields.Labels, 'image config Labels'))
  if (fields.Healthcheck !== undefined && fields.Healthcheck !== null)
    config.Healthcheck = healthcheckFrom(fields.Healthcheck)
  return config
}

function healthcheckFrom(value: unknown): Healthcheck {
  const fields = object(value, 'image config Healthcheck')
  const check: Mutable<Healthcheck> = { Test: optionalStrings(fields.Test, 'image config Healthcheck') ?? [] }
  for (const key of ['Interval', 'Timeout', 'StartPeriod', 'Retries'] as const)
    if (fields[key] !== undefined) check[key] = count(fields[key], `image config Healthcheck ${key}`)
  return check
}

function historyFrom(value: unknown): HistoryEntry {
  const fields = object(value, 'image config history')
  const entry: Mutable<HistoryEntry> = {}
  for (const key of ['created', 'created_by', 'author', 'comment'] as const)
    put(entry, key, optionalString(fields[key], `image config history ${key}`))
  if (fields.empty_layer === true) entry.empty_layer = true
  return entry
}

function runtimeConfigJson(config: RuntimeConfig): JsonObject {
  const check = config.Healthcheck
  return {
    User: config.User,
    ExposedPorts: setJson(config.ExposedPorts),
    Env: config.Env,
    Entrypoint: config.Entrypoint,
    Cmd: config.Cmd,
    Volumes: setJson(config.Volumes),
    WorkingDir: config.WorkingDir,
    Labels: sortedObject(config.Labels),
    StopSignal: config.StopSignal,
    Healthcheck:
      check === undefined
        ? undefined
        : {
            Test: check.Test,
            Interval: check.Interval,
            Timeout: check.Timeout,
            StartPeriod: check.StartPeriod,
            Retries: check.Retries,
          },
  }
}

function setJson(items: readonly string[] | undefined): JsonObject | undefined {
  if (items === undefined || items.length === 0) return undefined
  const result: Record<string, object> = Object.create(null)
  for (const item of [...items].sort()) result[item] = {}
  return result
}
