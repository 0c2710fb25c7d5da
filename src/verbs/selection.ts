import type { Snapshot } from '#catalog/snapshot.js'
import type { Candidate, KnownOfWheels } from '#collisions/analysis.js'
import type { Host } from '#collisions/check.js'
import { SvcsplitError } from '#errors.js'
import { type Constraints, exactPins, pinsFor } from '#inputs/constraints-file.js'
import { type Fleet, shownPath, withProfile } from '#inputs/fleet.js'
import { readProfile } from '#inputs/profile.js'
import { releaseNamed, serviceReleaseNamed } from '#inputs/releases.js'
import type { RequirementLine } from '#inputs/requirement-line.js'
import { parseRequirementsFile, type ReadInput, readInput } from '#inputs/requirements-file.js'
import { type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import type { Progress } from '#progress.js'
import type { Pins } from '#solver/closure.js'
import type { ClosureFacts, Undecided } from '#solver/closure-demands.js'
import { factsAsRun, shippedAsRun } from './as-run.js'
import { notedConstraints } from './constraint-lines.js'
import { type KnownData, knownData } from './known-data.js'
import type { IndexChoice } from './missing-facts.js'
import { candidateOf, factsOf } from './service-release.js'

export interface AnalyzeOptions {
  /** `nova@2025.2` or `nova`; every service release if empty. */
  readonly services: readonly string[]
  /** A release; every release if left out. */
  readonly host?: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** Constraints files, all of which hold, in place of the host's release. */
  readonly constraints?: readonly string[]
  /** One service, as a requirements file states it. */
  readonly requirements?: string
  /** In place of the shipped profile of its service. */
  readonly profile?: string
  /** The blast radius of every cell; one host and named services have it in any case. */
  readonly radius?: boolean
  /** Closures that the search for one cell's blast radius may walk. */
  readonly radiusBudget?: number
  /** Who holds what the findings speak of, and the images that separation would make: for reports. */
  readonly surroundings?: boolean
  /** How the user's files are read; of the disk if left out. */
  readonly read?: ReadInput
  /** Read already, where several analyses make one result. */
  readonly known?: KnownData
  /** Kinds of names that are looked for in code, `module,name`, or `none`; all if left out. */
  readonly code?: string
  readonly index: IndexChoice
  readonly progress?: Progress
}

function refuseContradictions(options: AnalyzeOptions): void {
  const refuse = (message: string): never => {
    throw new SvcsplitError('E-CLI-USAGE', message)
  }
  if (options.host !== undefined && options.constraints !== undefined)
    refuse('--constraints is the host: leave out --host, or the other way round')
  if (options.requirements !== undefined && options.services.length > 0)
    refuse('--requirements is the service: leave out SERVICE@RELEASE')
  if (options.requirements !== undefined && options.profile !== undefined)
    refuse('--profile has no service release to go with --requirements')
}

interface OwnFile {
  readonly candidate: Candidate
  /** Paths that its `-c` lines name. */
  readonly constraints: readonly string[]
  readonly requirements: readonly RequirementLine[]
}

/** A user's requirements file as one service without version, floor or drift. */
async function ownCandidate(fleet: Fleet, path: string, read: ReadInput): Promise<OwnFile> {
  const file = await parseRequirementsFile(path, { read })
  for (const [index, { path: read, bytes }] of file.files.entries())
    fleet.note(index === 0 ? 'requirements' : `requirements-${String(index).padStart(4, '0')}`, read, bytes)
  const service = path
    .split('/')
    .at(-1)!
    .replace(/\.[^.]+$/, '')
  const own = file.requirements.map((line) => ({
    ...line,
    at: { ...line.at, path: shownPath(line.at.path) },
  }))
  const candidate: Candidate = {
    service,
    root: { service, extras: [], additions: [], own },
    ownPins: () => undefined,
    entryPoints: () => undefined,
  }
  return { candidate, constraints: file.includes.map((include) => include.path), requirements: own }
}

/** @param stated what the user's requirements file pins itself: it holds where the host has nothing of that name */
function hostsOf(
  fleet: Fleet,
  options: AnalyzeOptions,
  environment: MarkerEnvironment,
  own: Constraints | undefined,
  stated: Pins,
): readonly Host[] {
  const { python, platform } = options
  const beside = (pins: Pins): Pins => (stated.size === 0 ? pins : new Map([...stated, ...pins]))
  if (own !== undefined) {
    const pins = beside(pinsFor(own, environment))
    return [{ label: own.path, python, platform, environment, pins, bounds: own.bounds }]
  }
  const releases =
    options.host === undefined ? fleet.releases.list : [releaseNamed(fleet.releases, options.host)]
  return releases.map(({ name }): Host => {
    const tested = pinsFor(fleet.constraints(name), environment)
    return { label: name, release: name, python, platform, environment, pins: beside(tested), tested }
  })
}

/** With the user's profile in place of that of its service. */
async function profiled(fleet: Fleet, path: string | undefined, read: ReadInput): Promise<Fleet> {
  if (path === undefined) return fleet
  const profile = await readProfile(path, read)
  fleet.note(`profile-${profile.service}`, path, await read(path))
  serviceReleaseNamed(fleet.releases, profile.service)
  return withProfile(fleet, profile)
}

/** What an analysis is about: which service releases, on which hosts. */
export interface Selection {
  readonly fleet: Fleet
  readonly environment: MarkerEnvironment
  readonly hosts: readonly Host[]
  readonly snapshot: Snapshot
  /** Everything is told of one host and named services; of many cells notes are counted. */
  readonly isNarrow: boolean
  /** A requirements file of the user's own: it has no release, so no floor, drift or entry points. */
  readonly isOwnFile: boolean
  /** What is known of wheels: of their code, where sources were ever read, and of the files that they install. */
  readonly known: KnownOfWheels
  /** By service, then by release; each once. */
  candidates(facts: ClosureFacts): readonly Candidate[]
  /** The services that run on a host, at its release; none for a host of the user's own. */
  on(facts: ClosureFacts, host: Host): readonly Candidate[] | undefined
  /** Runs with the shipped facts, or asks the index for more where the user's own files need them. */
  withFacts<T extends { readonly undecided: readonly Undecided[] }>(
    run: (facts: ClosureFacts) => T,
  ): Promise<T>
}

export async function select(options: AnalyzeOptions): Promise<Selection> {
  refuseContradictions(options)
  const environment = markerEnvironment(options.python, options.platform)
  const { read = readInput } = options
  const { fleet: known, snapshot } = options.known ?? knownData(options.index.excludeNewer)
  const fleet = await profiled(known, options.profile, read)
  const own =
    options.requirements === undefined ? undefined : await ownCandidate(fleet, options.requirements, read)
  if (own !== undefined && own.constraints.length > 0 && (options.host ?? options.constraints) !== undefined)
    throw new SvcsplitError('E-CLI-USAGE', 'the requirements file names its own constraints (-c)', {
      hint: 'leave out --host and --constraints, or take the -c line out of the file',
    })
  const hosts = hostsOf(
    fleet,
    options,
    environment,
    await notedConstraints(fleet, options.constraints ?? own?.constraints, read),
    exactPins(own?.requirements ?? [], environment),
  )
  const wanted =
    options.services.length > 0
      ? options.services.map((text) => serviceReleaseNamed(fleet.releases, text))
      : fleet.releases.list.flatMap((release) =>
          [...release.services.keys()].map((service) => ({ service, release })),
        )
  const asRun = shippedAsRun(fleet, snapshot, environment, options.code)
  const sharedPaths = snapshot.sharedPaths()
  const declared = factsOf(snapshot)
  const shipped = asRun === undefined ? declared : factsAsRun(declared, asRun)
  const ownFiles = [options.constraints, options.requirements, options.profile].some(
    (path) => path !== undefined,
  )
  // One object for each service release: what is worked out of it is kept by it.
  const made = new WeakMap<ClosureFacts, Map<string, Candidate>>()
  function shippedCandidate(facts: ClosureFacts, service: string, release: string): Candidate {
    const known = made.get(facts) ?? new Map<string, Candidate>()
    made.set(facts, known)
    const key = `${service}@${release}`
    const candidate = known.get(key) ?? candidateOf(fleet, snapshot, facts, service, release)
    known.set(key, candidate)
    return candidate
  }
  return {
    fleet,
    snapshot,
    environment,
    hosts,
    isNarrow: hosts.length === 1 && (own !== undefined || options.services.length > 0),
    isOwnFile: own !== undefined,
    known: {
      ...(asRun === undefined ? {} : { asRun }),
      ...(sharedPaths === undefined ? {} : { sharedPaths }),
    },
    candidates: (facts) =>
      own !== undefined
        ? [own.candidate]
        : sorted(wanted.map(({ service, release }) => shippedCandidate(facts, service, release.name))),
    on: (facts, { release }) =>
      release === undefined
        ? undefined
        : [...fleet.releases.byName.get(release)!.services.keys()]
            .sort()
            .map((service) => shippedCandidate(facts, service, release)),
    withFacts: async (run) =>
      ownFiles
        ? (await import('./missing-facts.js')).fetchUntilKnown(shipped, run, options.index, options.progress)
        : run(shipped),
  }
}

/** By service, then by release; each once. */
function sorted(candidates: readonly Candidate[]): readonly Candidate[] {
  const key = ({ service, release }: Candidate): string => `${service}@${release ?? ''}`
  return [...new Map(candidates.map((candidate) => [key(candidate), candidate]))]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, candidate]) => candidate)
}
