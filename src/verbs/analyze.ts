import type { Cell } from '#collisions/analysis.js'
import type { Host } from '#collisions/check.js'
import { rules } from '#collisions/finding.js'
import { heldOn } from '#collisions/held.js'
import { matrix } from '#collisions/matrix.js'
import { cellBudget, matrixBudget, withRadius } from '#collisions/radius.js'
import { withRaises } from '#collisions/raises.js'
import type { AnalysisResult } from '#collisions/result.js'
import type { Releases } from '#inputs/releases.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { toolVersion } from '#version.js'
import { type ReleaseImages, releaseImages } from './image-plan.js'
import type { IndexChoice } from './missing-facts.js'
import { type AnalyzeOptions, type Selection, select } from './selection.js'

/** What `analyze` found, with the images that separation would make; where they were asked for. */
export interface Analysis extends AnalysisResult {
  readonly images?: ReleaseImages
}

/** An analysis whose cells still have what they were worked out from. */
export interface WorkedAnalysis extends Analysis {
  readonly cells: readonly Cell[]
}

/** Questions 1, 2 and 5: may these service releases run on these hosts as they are, and if not, what has to move? */
export async function analyze(options: AnalyzeOptions): Promise<WorkedAnalysis> {
  const selection = await select(options)
  const { fleet, environment, hosts, isNarrow, isOwnFile, known } = selection
  const found = await selection.withFacts((facts) => {
    const made = matrix(selection.candidates(facts), hosts, environment, facts, { notes: isNarrow, ...known })
    const radius = {
      facts,
      ...known,
      on: (host: Host) => selection.on(facts, host),
      budget: options.radiusBudget ?? (isNarrow ? cellBudget : matrixBudget),
    }
    const cells = made.cells.map((cell) => {
      if (isNarrow || options.radius === true) return withRaises(cell, radius)
      return isNewestHop(fleet.releases, cell) ? withRadius(cell, radius) : cell
    })
    if (options.surroundings !== true) return { ...made, cells }
    const held = heldOn(cells, radius)
    const images = imagesFor(selection, facts, options)
    return { ...made, cells, held, ...(images === undefined ? {} : { images }) }
  })
  const [host] = hosts
  const oneHost = hosts.length === 1 && host !== undefined
  return {
    ...found,
    toolVersion: toolVersion(),
    inputs: fleet.inputs(),
    python: options.python,
    platform: options.platform,
    ...leftOut(options.index),
    releases: fleet.releases.list,
    rules: rules.filter((rule) => {
      // Without a release nothing says which scripts the host runs today.
      if (rule === 'entry-point') return !isOwnFile && hosts.some(({ release }) => release !== undefined)
      if (rule === 'system-package') return !isOwnFile
      if (rule === 'same-file') return known.sharedPaths !== undefined
      return rule !== 'broken-import' || (known.asRun !== undefined && !isOwnFile)
    }),
    notesTold: isNarrow,
    ...(oneHost
      ? { host: host.release === undefined ? { constraints: host.label } : { release: host.release } }
      : {}),
  }
}

/** What a result says of what it does not count. */
export function leftOut({ excludeNewer }: IndexChoice): Pick<AnalysisResult, 'excludeNewer'> {
  if (excludeNewer === undefined) return {}
  // As it is written on the command line: a day is its first moment.
  return { excludeNewer: new Date(excludeNewer).toISOString().replace('T00:00:00.000Z', '') }
}

/** The images of the newest release that a candidate has. */
function imagesFor(
  { fleet, snapshot, candidates, on, hosts }: Selection,
  facts: ClosureFacts,
  { python, platform }: AnalyzeOptions,
): ReleaseImages | undefined {
  const wanted = new Set(candidates(facts).map(({ release }) => release))
  const release = fleet.releases.list.findLast(({ name }) => wanted.has(name))?.name
  const [host] = hosts
  if (release === undefined || host === undefined) return undefined
  const services = on(facts, { ...host, label: release, release }) ?? []
  return releaseImages(release, services, { snapshot, facts, python, platform })
}

/** To the newest release from the one before and, between SLURP releases, from the last such one. */
function isNewestHop({ list }: Releases, { candidate, host }: Cell): boolean {
  const newest = list.at(-1)
  if (newest === undefined || candidate.release !== newest.name) return false
  const before = list.slice(0, -1)
  const from = [before.at(-1), newest.slurp ? before.findLast(({ slurp }) => slurp) : undefined]
  return from.some((release) => release !== undefined && release.name === host.release)
}
