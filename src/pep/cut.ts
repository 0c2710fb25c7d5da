import { partsOf, tryParseVersion, type Version, versionOf } from './version.js'
import { keyAfter, keyAfterPosts, topKey } from './version-key.js'
import { increment, type VersionParts } from './version-scan.js'

/**
 * A place between two versions, or at an end of their order, by its key: all versions whose key is lower are below it, all
 * others above. However a place was named (above 1.0 and its local versions, below 1.0.post0.dev0), it has one key, so that
 * equal sets of versions have equal cuts (decision 0012).
 */
export type Cut = string

/** No version sorts below it. */
export const bottom: Cut = tryParseVersion('0.dev0')!.key
export const top: Cut = topKey

export function cutBefore(version: Version): Cut {
  return version.key
}

export function cutAfter(version: Version): Cut {
  return keyAfter(version.key)
}

/** Above V and every V+local. The next version is known, and its key is the one key of this place. */
export function cutAfterLocals(version: Version): Cut {
  const { dev, post, local: _, ...rest } = partsOf(version)
  const next: VersionParts =
    dev !== undefined
      ? { ...rest, ...(post !== undefined && { post }), dev: increment(dev) }
      : { ...rest, post: post === undefined ? '0' : increment(post), dev: '0' }
  return versionOf(next).key
}

/** Above V and every V.postN; V is a final release or a pre-release. */
export function cutAfterPosts(version: Version): Cut {
  const { epoch, release, pre } = partsOf(version)
  return pre === undefined
    ? keyAfterPosts({ epoch, release })
    : versionOf({ epoch, release, pre: { label: pre.label, number: increment(pre.number) }, dev: '0' }).key
}
