import type { Snapshot } from '#catalog/snapshot.js'
import type { Candidate } from '#collisions/analysis.js'
import { type PlannedDistribution, planLayers } from '#layers/plan.js'
import { chooseFile } from '#lock/choose-file.js'
import { type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { supportedTags } from '#pep/tags.js'
import { closure, distributionsOf } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { usualGlibc } from './usual-glibc.js'

/** A layer that images of a release would have; services with the same one share it. */
interface ReleaseLayer {
  readonly title: string
  /** Of its wheels; where there is only an sdist, of that. */
  readonly bytes: number
  /** `name version`, sorted. */
  readonly distributions: readonly string[]
}

/** The layers above the base that the images of a release would have, grouped as a build groups them. */
export interface ReleaseImages {
  readonly release: string
  readonly layers: readonly ReleaseLayer[]
  /** The layers of each service by their number, lowest first. */
  readonly services: readonly { readonly service: string; readonly layers: readonly number[] }[]
}

export interface ImagePlanOptions {
  readonly snapshot: Snapshot
  readonly facts: ClosureFacts
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
}

/** The size of the file that an image would take; none where nothing known fits. */
function sizes({
  snapshot,
  python,
  platform,
}: ImagePlanOptions): (name: DistributionName, version: string) => number | undefined {
  const target = {
    tags: supportedTags({ python, platform, glibc: usualGlibc }),
    pythonFullVersion: markerEnvironment(python, platform).python_full_version,
  }
  const known = new Map<string, number | undefined>()
  return (name, version) => {
    const key = `${name} ${version}`
    if (!known.has(key)) {
      const { wheel, sdist } = chooseFile(snapshot.files(name, version), target)
      known.set(key, (wheel ?? sdist)?.size)
    }
    return known.get(key)
  }
}

/** What an image of a candidate holds; none where something of it is not known. */
function contentOf(
  candidate: Candidate,
  environment: MarkerEnvironment,
  facts: ClosureFacts,
  sizeOf: (name: DistributionName, version: string) => number | undefined,
): readonly PlannedDistribution[] | undefined {
  const pins = candidate.ownPins(environment)
  if (pins === undefined || candidate.root.distribution === undefined) return undefined
  const walked = closure({ root: candidate.root, pins, environment, facts })
  if (walked.undecided.length > 0) return undefined
  const content: PlannedDistribution[] = []
  for (const [name, { version }] of distributionsOf(walked)) {
    const size = version === undefined ? undefined : sizeOf(name, version)
    if (size === undefined) return undefined
    content.push({ name, version: version!, size })
  }
  return content
}

/** The images of the services of a release, from shipped facts alone; a service with unknown facts is left out. */
export function releaseImages(
  release: string,
  candidates: readonly Candidate[],
  options: ImagePlanOptions,
): ReleaseImages {
  const environment = markerEnvironment(options.python, options.platform)
  const sizeOf = sizes(options)
  const contents = candidates.flatMap((candidate) => {
    const content = contentOf(candidate, environment, options.facts, sizeOf)
    return content === undefined ? [] : [{ candidate, content }]
  })
  const census = new Map<DistributionName, number>()
  for (const { content } of contents)
    for (const { name } of content) census.set(name, (census.get(name) ?? 0) + 1)
  const layers: ReleaseLayer[] = []
  const numbers = new Map<string, number>()
  const services = contents.map(({ candidate, content }) => {
    const byName = new Map(content.map((one) => [one.name, one]))
    const groups = planLayers({
      distributions: content,
      root: candidate.root.distribution!.name,
      weights: census,
      services: contents.length,
    })
    return {
      service: candidate.service,
      layers: groups.map(({ title, distributions: names }) => {
        const distributions = names.map((name) => `${name} ${byName.get(name)!.version}`)
        const key = distributions.join('\n')
        const number = numbers.get(key) ?? layers.length
        if (number === layers.length) {
          numbers.set(key, number)
          layers.push({
            title,
            bytes: names.reduce((sum, name) => sum + byName.get(name)!.size, 0),
            distributions,
          })
        }
        return number
      }),
    }
  })
  return { release, layers, services }
}
