import { visible } from '#errors.js'
import { failure } from './failure.js'
import { skipPythonSpace, stripPythonSpace } from './python-text.js'
import { versionKey } from './version-key.js'
import { type PreLabel, scanVersion, type VersionParts } from './version-scan.js'

/**
 * A version by PEP 440. The numbers are for looking at (beyond 2^53 they are rounded); order and equality go
 * by `key`, which is exact.
 */
export interface Version {
  readonly epoch: number
  readonly release: readonly number[]
  readonly pre: { readonly label: PreLabel; readonly number: number } | undefined
  readonly post: number | undefined
  readonly dev: number | undefined
  readonly local: string | undefined
  /** The canonical spelling, as `str()` of packaging's Version gives it: trailing zeros are kept. */
  readonly text: string
  /** Ordered by code units as PEP 440 orders versions; equal for versions that are equal (`1.0` and `1`). */
  readonly key: string
  /** Has a pre-release or a dev segment. */
  readonly prerelease: boolean
}

/** Interned by text: the same few thousand versions are asked for again and again. */
const cache = new Map<string, Version | null>()
const maxCached = 100_000
const maxCachedLength = 128

/** Throws E-REQ-VERSION. */
export function parseVersion(text: string): Version {
  const version = tryParseVersion(text)
  if (version !== undefined) return version
  const start = skipPythonSpace(text, 0)
  const end = scanVersion(text, start)?.end ?? start
  throw failure('E-REQ-VERSION', `'${visible(text)}' is not a version by PEP 440`, text, end)
}

export function tryParseVersion(text: string): Version | undefined {
  const known = cache.get(text)
  if (known !== undefined) return known ?? undefined
  const trimmed = stripPythonSpace(text)
  const scan = scanVersion(trimmed, 0)
  let version = scan !== undefined && scan.end === trimmed.length ? versionOf(scan.parts) : undefined
  if (text.length > maxCachedLength) return version
  if (cache.size >= maxCached) cache.clear()
  if (version !== undefined && version.text !== text) {
    const canonical = cache.get(version.text)
    if (canonical) version = canonical
    else cache.set(version.text, version)
  }
  cache.set(text, version ?? null)
  return version
}

/** Below 0, 0 or above 0, in the order of PEP 440. */
export function compareVersions(a: Version, b: Version): number {
  return a.key < b.key ? -1 : a.key === b.key ? 0 : 1
}

/** Whether PEP 440 counts it as a pre-release: alpha, beta, candidate or development release. */
export function isPrerelease(version: Version): boolean {
  return version.prerelease
}

/** The version that these parts make. */
export function versionOf(parts: VersionParts): Version {
  const { epoch, release, pre, post, dev, local } = parts
  const localText = local?.join('.')
  let text = epoch === '0' ? release.join('.') : `${epoch}!${release.join('.')}`
  if (pre !== undefined) text += pre.label + pre.number
  if (post !== undefined) text += `.post${post}`
  if (dev !== undefined) text += `.dev${dev}`
  if (localText !== undefined) text += `+${localText}`
  return {
    epoch: Number(epoch),
    release: release.map(Number),
    pre: pre === undefined ? undefined : { label: pre.label, number: Number(pre.number) },
    post: post === undefined ? undefined : Number(post),
    dev: dev === undefined ? undefined : Number(dev),
    local: localText,
    text,
    key: versionKey(parts),
    prerelease: pre !== undefined || dev !== undefined,
  }
}

/** The exact parts of a version. */
export function partsOf(version: Version): VersionParts {
  return scanVersion(version.text, 0)!.parts
}
