import { partsOf, tryParseVersion, type Version, versionOf } from './version.js'
import { keyAfter, keyAfterPosts, topKey } from './version-key.js'
import { increment, type VersionParts } from './version-scan.js'

/**
 * A place between two versions, or at an end of the order of versions. Every set of versions that specifiers
 * can name is a sorted list of cuts: in from the first to the second, in again from the third to the fourth.
 * A place has one key, however it was named, so that equal sets have equal keys.
 */
export interface Cut {
  /** All versions whose key is lower are below the cut, all others above. */
  readonly key: string
  /**
   * How it was named, for messages: right below `version`; right above it; above it and its local versions;
   * above it, its local versions and its post-releases; or an end of the order.
   */
  readonly side: 'bottom' | 'before' | 'after' | 'after-locals' | 'after-posts' | 'top'
  readonly version?: Version
}

/** No version sorts below it. */
const least = tryParseVersion('0.dev0')!

export const bottom: Cut = { key: least.key, side: 'bottom' }
export const top: Cut = { key: topKey, side: 'top' }

export function cutBefore(version: Version): Cut {
  return version.key <= least.key ? bottom : { key: version.key, side: 'before', version }
}

export function cutAfter(version: Version): Cut {
  return { key: keyAfter(version.key), side: 'after', version }
}

/** Above V and every V+local. The next version is known, and its key is the one key of this place. */
export function cutAfterLocals(version: Version): Cut {
  const { dev, post, local: _, ...rest } = partsOf(version)
  const next: VersionParts =
    dev !== undefined
      ? { ...rest, ...(post !== undefined && { post }), dev: increment(dev) }
      : { ...rest, post: post === undefined ? '0' : increment(post), dev: '0' }
  return { key: versionOf(next).key, side: 'after-locals', version }
}

/** Above V and every V.postN; V is a final release or a pre-release. */
export function cutAfterPosts(version: Version): Cut {
  const { epoch, release, pre } = partsOf(version)
  const key =
    pre === undefined
      ? keyAfterPosts({ epoch, release })
      : versionOf({ epoch, release, pre: { label: pre.label, number: increment(pre.number) }, dev: '0' }).key
  return { key, side: 'after-posts', version }
}
