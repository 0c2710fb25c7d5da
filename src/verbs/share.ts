import type { Snapshot } from '#catalog/snapshot.js'
import { universePythons } from '#catalog/universe.js'
import { type AsRun, codeNeedsOf } from '#collisions/needed-names.js'
import { SvcsplitError } from '#errors.js'
import type { Constraints } from '#inputs/constraints-file.js'
import type { Fleet, InputFile } from '#inputs/fleet.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import type { ReadInput } from '#inputs/requirements-file.js'
import { type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { compareVersions, parseVersion } from '#pep/version.js'
import type { ExplainedConflicts } from '#solver/conflict.js'
import { knownFacts } from '#solver/known-facts.js'
import { pythonLineOf, serviceLines } from '#solver/lines.js'
import type { Partition } from '#solver/partition.js'
import type { Line } from '#solver/problem.js'
import { createSession } from '#solver/session.js'
import { fewestSolvable, resolvesAll, type Sharing, type SharingProblem, shareOne } from '#solver/sharing.js'
import { finish } from '#solver/task.js'
import { fewestAsTested, type TestedService } from '#solver/tested.js'
import { toolVersion } from '#version.js'
import { shippedAsRun } from './as-run.js'
import { constraintLines, notedConstraints } from './constraint-lines.js'
import { type KnownData, knownData } from './known-data.js'
import { factsOf, serviceRoot } from './service-release.js'

export interface ShareOptions {
  /** `nova@2025.2` or `nova`. */
  readonly services: readonly string[]
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** Constraints files that hold for all of them. */
  readonly constraints?: readonly string[]
  /** What of the code is held against libraries for the answer as run: `all`, `none` or kinds of names; all if left out. */
  readonly code?: string
  /** How the user's files are read; of the disk if left out. */
  readonly read?: ReadInput
  /** Read already, where several questions make one result. */
  readonly known?: KnownData
}

/** One service release of the question. */
export interface AskedService {
  readonly id: string
  readonly service: string
  readonly release: string
  readonly distribution: DistributionName
  readonly version: string
}

export interface ShareResult {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  /** Releases and facts of the user's own lie over the shipped ones. */
  readonly ownData: boolean
  readonly python: string
  readonly platform: string
  /** The constraints files that hold for all of them, with commas between. */
  readonly constraints?: string
  /** Sorted by release, then by name; groups name them by their place here. */
  readonly services: readonly AskedService[]
  readonly sharing: Sharing
  /** Other Pythons under which all of them could share, nearest first; looked for where a Python is refused. */
  readonly otherPythons: readonly string[]
  readonly asTested: Partition
  readonly asDeclared: Partition
  /** With what their code needs beyond what is declared; none where no sources were ever read. */
  readonly asRun?: AsRunSharing
}

/** The third answer: declared demands and inferred bounds together. */
export interface AsRunSharing {
  readonly sharing: Sharing
  readonly partition: Partition
  /** Of conflicts: one service that alone is the way out at a newer release of its own, the nearest that is. */
  readonly upgrades: readonly Upgrade[]
  /** Of a solution: pins that are not those of the newest release among the services, and that release's. */
  readonly held: readonly HeldBack[]
}

interface Upgrade {
  readonly service: string
  readonly from: string
  readonly to: string
}

interface HeldBack {
  readonly distribution: DistributionName
  readonly version: string
  readonly tested: string
}

interface Problem extends SharingProblem {
  readonly services: readonly TestedService[]
}

/** The question as run. */
interface ProblemAsRun {
  readonly problem: Problem
  /** The same for other releases of the services. */
  problemWith(services: readonly AskedService[]): Problem
}

interface Asked {
  readonly fleet: Fleet
  readonly constraints: Constraints | undefined
  readonly services: readonly AskedService[]
  problemFor(python: string): Problem
  /** With what code needs; none where no sources were ever read. */
  asRun(): ProblemAsRun | undefined
  readonly problem: Problem
  readonly sharing: Sharing
}

/** The services of a question as lines over the facts, nothing solved yet. */
export async function sharingProblem(options: ShareOptions): Promise<Omit<Asked, 'sharing'>> {
  const { python, platform, read } = options
  if (options.services.length === 0) throw new SvcsplitError('E-CLI-USAGE', 'no service release is named')
  const { fleet, snapshot } = options.known ?? knownData()
  const constraints = await notedConstraints(fleet, options.constraints, read)
  const services = askedServices(fleet, options.services)
  const problemFor = (version: string) =>
    problemOf(fleet, snapshot, services, constraints, markerEnvironment(version, platform))
  const problem = problemFor(python)
  function asRun(): ProblemAsRun | undefined {
    const environment = markerEnvironment(python, platform)
    const known = shippedAsRun(fleet, snapshot, environment, options.code)
    if (known === undefined) return undefined
    const problemWith = (asked: readonly AskedService[]) =>
      problemOf(fleet, snapshot, asked, constraints, environment, known)
    return { problem: problemWith(services), problemWith }
  }
  return { fleet, constraints, services, problemFor, asRun, problem }
}

/** Question 3 alone. */
export async function askSharing(options: ShareOptions): Promise<Asked> {
  const asked = await sharingProblem(options)
  return { ...asked, sharing: finish(shareOne(asked.problem, preferredVersions(asked.problem))) }
}

/** Questions 3 and 4: may these service releases share one environment, and how few environments do they need? */
export async function share(options: ShareOptions): Promise<ShareResult> {
  const { python } = options
  const { fleet, constraints, services, problemFor, asRun, problem, sharing } = await askSharing(options)
  const isPythonRefused =
    sharing.kind === 'conflicts' &&
    sharing.conflicts.some(({ lines }) => lines.some(({ kind }) => kind === 'python'))
  const pythons = isPythonRefused ? nearestFirst(python) : []
  const run = asRun()
  return {
    toolVersion: toolVersion(),
    inputs: fleet.inputs(),
    ownData: fleet.own !== undefined,
    python,
    platform: options.platform,
    ...(constraints !== undefined && { constraints: constraints.path }),
    services,
    sharing,
    otherPythons: pythons.filter((version) => finish(resolvesAll(problemFor(version)))),
    asTested: finish(fewestAsTested(problem.session, problem.services)),
    asDeclared: finish(fewestSolvable(problem)),
    ...(run !== undefined && { asRun: sharingAsRun(run, services, fleet) }),
  }
}

/** Whether all may share one environment so that nothing certain breaks. @param problem as run */
export function sharedAsRun(problem: Problem): Sharing {
  return finish(shareOne(problem, preferredVersions(problem), true))
}

function sharingAsRun(
  { problem, problemWith }: ProblemAsRun,
  services: readonly AskedService[],
  fleet: Fleet,
): AsRunSharing {
  const preferred = preferredVersions(problem)
  const sharing = sharedAsRun(problem)
  const held =
    sharing.kind === 'solution'
      ? [...sharing.solution.pins].flatMap(([distribution, version]) => {
          const tested = preferred.get(distribution)
          return tested === undefined || compareVersions(parseVersion(tested), parseVersion(version)) === 0
            ? []
            : [{ distribution, version, tested }]
        })
      : []
  const upgrades = sharing.kind === 'conflicts' ? upgradesOf(sharing, services, fleet, problemWith) : []
  return { sharing, partition: finish(fewestSolvable(problem)), upgrades, held }
}

/** Services in a conflict that would be in none at a newer release, with all others as they are. */
function upgradesOf(
  { conflicts }: ExplainedConflicts,
  services: readonly AskedService[],
  fleet: Fleet,
  problemWith: ProblemAsRun['problemWith'],
): readonly Upgrade[] {
  const inConflict = new Set(conflicts.flatMap(({ lines }) => lines.map(({ owner }) => owner)))
  const names = fleet.releases.list.map(({ name }) => name)
  return services.flatMap((one) => {
    const { id, service, release } = one
    if (!inConflict.has(id)) return []
    const to = names.slice(names.indexOf(release) + 1).find((newer) => {
      if (fleet.releases.byName.get(newer)?.services.has(service) !== true) return false
      const [raised] = askedServices(fleet, [`${service}@${newer}`])
      const rest = services.filter((other) => other !== one)
      if (rest.some((other) => other.service === service)) return false
      return finish(resolvesAll(problemWith([...rest, raised!])))
    })
    return to === undefined ? [] : [{ service, from: release, to }]
  })
}

/** Each once, by release and then by name. */
function askedServices(fleet: Fleet, texts: readonly string[]): AskedService[] {
  const asked = new Map<string, AskedService>()
  for (const text of texts) {
    const { service, release } = serviceReleaseNamed(fleet.releases, text)
    const { version } = release.services.get(service)!
    const distribution = normalizeName(fleet.profile(service).distribution)
    const id = `${service}@${release.name}`
    asked.set(`${release.name} ${service}`, { id, service, release: release.name, distribution, version })
  }
  return [...asked].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, service]) => service)
}

/** Every demand of the services as a line, over facts that leave those demands out. */
function problemOf(
  fleet: Fleet,
  snapshot: Snapshot,
  asked: readonly AskedService[],
  constraints: Constraints | undefined,
  environment: MarkerEnvironment,
  asRun?: AsRun,
): Problem {
  const facts = factsOf(snapshot)
  const session = createSession({
    facts: knownFacts(
      snapshot,
      environment,
      asked.map(({ distribution, version }) => ({ name: distribution, version })),
      asRun && ((name, version) => codeNeedsOf(asRun, name, version)),
    ),
    python: environment.python_full_version,
    prereleases: 'pip',
    pythonLine: pythonLineOf(environment, '--python'),
  })
  const pinsOf = new Map<Constraints, readonly Line[]>()
  const pinsOfService = (service: string, release: string) => {
    const constraints = fleet.constraintsOf(service, release)
    const known =
      pinsOf.get(constraints) ?? constraintLines(constraints, `${release} constraints`, environment)
    pinsOf.set(constraints, known)
    return known
  }
  const services = asked.map(({ id, service, release, distribution }) => {
    const root = serviceRoot(fleet, facts, service, release)
    const lines = serviceLines(id, root, { path: fleet.releases.path }, environment)
    return { ...lines, pins: pinsOfService(service, release).filter(({ name }) => name !== distribution) }
  })
  const own = new Set<string>(asked.map(({ distribution }) => distribution))
  const common =
    constraints === undefined
      ? []
      : constraintLines(constraints, 'constraint', environment).filter(({ name }) => !own.has(name))
  return { session, services, common }
}

/** Versions that the newest release among them was tested with: where there is a choice, nearest to what is known. */
function preferredVersions({ services, common }: Problem): Map<DistributionName, string> {
  const lines = [...services.flatMap(({ pins }) => pins), ...common]
  return new Map(lines.map(({ name, specifiers }) => [name, specifiers.specifiers[0]?.version ?? '']))
}

/** Newer Pythons before older ones at the same distance. */
function nearestFirst(python: string): string[] {
  const minor = (version: string) => Number(version.split('.')[1])
  const distance = (version: string) => Math.abs(minor(version) - minor(python))
  return universePythons
    .filter((version) => minor(version) !== minor(python))
    .sort((a, b) => distance(a) - distance(b) || minor(b) - minor(a))
}
