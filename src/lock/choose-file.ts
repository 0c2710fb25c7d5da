import type { DistributionFile } from '#catalog/catalog.js'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'

/** Supported tags in order of preference, and the full version of the interpreter (`3.11.14`). */
interface InstallTarget {
  readonly tags: readonly string[]
  readonly pythonFullVersion: string
}

interface RankedWheel {
  readonly file: DistributionFile
  readonly rank: number
  readonly build: readonly [number, string]
}

const ranked = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

/** The place of each tag: there are hundreds, and the same for all files of a lock. */
function ranksOf(tags: readonly string[]): ReadonlyMap<string, number> {
  const ranks = ranked.get(tags) ?? new Map(tags.map((tag, rank) => [tag, rank]))
  ranked.set(tags, ranks)
  return ranks
}

function fitsPython(file: DistributionFile, target: InstallTarget): boolean {
  if (file.requiresPython === undefined) return true
  return specifierSetContains(parseSpecifierSet(file.requiresPython), target.pythonFullVersion, true)
}

/** The build tag as PEP 427 sorts it: a number, then the rest; without one it sorts first. */
function buildTag(build: string | undefined): readonly [number, string] {
  const match = /^(\d+)(.*)$/s.exec(build ?? '')
  return match === null ? [-1, ''] : [Number(match[1]), match[2]!]
}

function better(a: RankedWheel, b: RankedWheel): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank
  if (a.build[0] !== b.build[0]) return a.build[0] > b.build[0]
  if (a.build[1] !== b.build[1]) return a.build[1] > b.build[1]
  return a.file.filename < b.file.filename
}

/**
 * The file that pip would install: the wheel with the most preferred tag, then the highest build tag;
 * an sdist only where no wheel fits. Yanked files count, because the version is pinned (PEP 592).
 */
export function chooseFile(
  files: readonly DistributionFile[],
  target: InstallTarget,
): { readonly wheel?: DistributionFile; readonly sdist?: DistributionFile } {
  const ranks = ranksOf(target.tags)
  let best: RankedWheel | undefined
  let sdist: DistributionFile | undefined
  for (const file of files) {
    if (!fitsPython(file, target)) continue
    if (!file.filename.endsWith('.whl')) {
      // One sdist a version is the rule; where an old release has two, .tar.gz is the one PEP 625 names.
      if (sdist === undefined || file.filename.endsWith('.tar.gz')) sdist = file
      continue
    }
    const { tags, build } = parseWheelFilename(file.filename)
    const rank = Math.min(...tags.map((tag) => ranks.get(tag) ?? Number.POSITIVE_INFINITY))
    const candidate = { file, rank, build: buildTag(build) }
    if (rank !== Number.POSITIVE_INFINITY && (best === undefined || better(candidate, best))) best = candidate
  }
  if (best !== undefined) return { wheel: best.file }
  return sdist === undefined ? {} : { sdist }
}
