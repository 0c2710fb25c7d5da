import { join } from 'node:path'
import type { Metadata } from '#catalog/catalog.js'
import { indexCatalog } from '#catalog/index-catalog.js'
import { findIndexes } from '#catalog/index-url.js'
import { cacheDir } from '#io/cache-dir.js'
import { openHttp } from '#io/http.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import type { Progress } from '#progress.js'
import type { ClosureFacts, Undecided } from '#solver/closure-demands.js'

/** Where facts that are not shipped may come from. */
export interface IndexChoice {
  readonly offline: boolean
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  /** What was uploaded then or later does not exist, in shipped facts neither: milliseconds since the epoch. */
  readonly excludeNewer?: number
}

interface Learnt {
  readonly metadata: Map<string, Metadata>
  readonly versions: Map<DistributionName, readonly string[]>
}

function withLearnt(facts: ClosureFacts, learnt: Learnt): ClosureFacts {
  return {
    ...facts,
    metadata: (name, version) =>
      facts.metadata(name, version) ?? learnt.metadata.get(`${name} ${tryParseVersion(version)?.text}`),
    versions: (name) => learnt.versions.get(name) ?? facts.versions(name),
  }
}

/** How many rounds of asking: each goes one step deeper into the demands of what was not known. */
const mostRounds = 100

/**
 * Runs an analysis; where it lacks facts, asks the package index for them and runs it again, until nothing is
 * lacking or the index has nothing more to say. Offline, or with nothing lacking, it runs once and asks nobody.
 */
export async function fetchUntilKnown<T extends { readonly undecided: readonly Undecided[] }>(
  facts: ClosureFacts,
  run: (facts: ClosureFacts) => T,
  index: IndexChoice,
  progress: Progress | undefined,
): Promise<T> {
  let result = run(facts)
  if (index.offline || !result.undecided.some(({ lacks }) => lacks !== undefined)) return result
  const { urls } = await findIndexes({
    ...(index.indexUrl === undefined ? {} : { indexUrl: index.indexUrl }),
    ...(index.extraIndexUrls === undefined ? {} : { extraIndexUrls: index.extraIndexUrls }),
  })
  const http = openHttp(progress === undefined ? {} : { progress })
  try {
    const [indexUrl, ...extraIndexUrls] = urls
    const catalog = indexCatalog({
      ...{ indexUrl, extraIndexUrls, http, cacheDir: join(cacheDir(), 'index') },
      ...(index.excludeNewer === undefined ? {} : { excludeNewer: index.excludeNewer }),
    })
    const learnt: Learnt = { metadata: new Map(), versions: new Map() }
    const asked = new Set<string>()

    async function learnMetadata(name: DistributionName, version: string): Promise<void> {
      const parsed = tryParseVersion(version)
      if (parsed === undefined) return
      const metadata = await catalog.metadata(name, version)
      if (metadata !== undefined) learnt.metadata.set(`${name} ${parsed.text}`, metadata)
    }

    async function learn({ distribution, version, lacks }: Undecided): Promise<void> {
      if (lacks === 'metadata') return learnMetadata(distribution, version!)
      const versions = [...(await catalog.versions(distribution))].sort((one, other) =>
        compareVersions(tryParseVersion(one)!, tryParseVersion(other)!),
      )
      // Only the newest can be taken for a name without a pin; older ones would cost a request each.
      const newest = versions.findLast((text) => tryParseVersion(text)!.pre === undefined)
      if (newest === undefined) return
      learnt.versions.set(distribution, [newest])
      await learnMetadata(distribution, newest)
    }

    for (let round = 0; round < mostRounds; round += 1) {
      const lacking = result.undecided.filter(({ distribution, version, lacks }) => {
        const key = `${lacks} ${distribution} ${version ?? ''}`
        return lacks !== undefined && !asked.has(key) && asked.add(key)
      })
      if (lacking.length === 0) return result
      progress?.step?.(`asking the package index for ${lacking.length} facts`)
      await Promise.all(lacking.map(learn))
      result = run(withLearnt(facts, learnt))
    }
    return result
  } finally {
    await http.close()
  }
}
