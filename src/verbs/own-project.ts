import type { BaseImage } from '#base/base-image.js'
import { SvcsplitError } from '#errors.js'
import { parseRequirementsFile } from '#inputs/requirements-file.js'
import { freeze, type Pinned } from '#lock/freeze.js'
import type { Lock } from '#lock/lock.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import type { Solution } from '#solver/problem.js'
import { factsReader } from '#solver/release-facts.js'
import { accountsOf } from './base-accounts.js'
import { readConstraints } from './constraint-lines.js'
import { lazyIndex } from './open-index.js'
import { resolve } from './resolve.js'
import type { Target, Workshop } from './service-parts.js'

/** What is to be an image and has no profile: requirements alone. */
export interface OwnProject {
  /** Of the image; a lower-case word. */
  readonly name: string
  readonly requirementsFile: string
  readonly constraintsFiles: readonly string[]
}

/** What its image is called where no tag is given: a project has no release. */
const release = 'latest'

/** An image of nothing but its distributions: no process is started, and the user owns nothing. */
export function projectTarget(project: OwnProject): Target {
  const { name, requirementsFile } = project
  return {
    service: name,
    release,
    project,
    processes: [],
    profile: {
      service: name,
      distribution: name,
      extras: [],
      additions: [],
      user: { name, uid: 42000, gid: 42000 },
      processes: [],
      systemPackages: { run: new Map(), build: new Map() },
      bindings: [],
      directories: [],
      data: new Map(),
      sudoers: [],
      origin: { path: requirementsFile },
    },
  }
}

/** Told before a base is made for it. @throws E-REQ-*, E-CON-*, E-FS-* */
export async function requireReadable({ requirementsFile, constraintsFiles }: OwnProject): Promise<void> {
  await parseRequirementsFile(requirementsFile)
  for (const path of constraintsFiles) await readConstraints(path)
}

/**
 * An image of this name can have a user of this name. Told before anything is solved or fetched.
 * @throws E-IMG-BASE
 */
export async function requireFreeName(
  { service, profile: { user } }: Target,
  base: BaseImage,
  cacheDir: string,
): Promise<void> {
  const { passwd, group } = await accountsOf(base, cacheDir)
  const isTaken = [passwd, group].some((text) =>
    text.split('\n').some((line) => line.startsWith(`${user.name}:`) && line.split(':')[2] !== `${user.uid}`),
  )
  if (isTaken)
    throw new SvcsplitError('E-IMG-BASE', `the base has an account ${service} of its own`, {
      hint: 'give the image, and with it its user, another name: --name NAME',
    })
}

/**
 * The requirements solved for a base, each distribution frozen to one file.
 * @throws E-LCK-UNSOLVED, E-LCK-NOFILE, and what reading and solving requirements throw
 */
export async function lockProject(
  workshop: Workshop,
  project: OwnProject,
  target: Pick<Lock, 'python' | 'platform' | 'glibc'>,
): Promise<Lock> {
  const { request } = workshop
  if (request.excludeNewer === undefined) return lockWith(workshop, project, target)
  const index = lazyIndex(request)
  try {
    return await lockWith({ ...workshop, index }, project, target)
  } finally {
    await index.close()
  }
}

async function lockWith(
  { request, index, snapshot }: Workshop,
  { name: service, requirementsFile, constraintsFiles }: OwnProject,
  target: Pick<Lock, 'python' | 'platform' | 'glibc'>,
): Promise<Lock> {
  const { python, platform } = target
  const offline = request.offline === true
  const { progress, excludeNewer } = request
  const result = await resolve({
    ...target,
    requirements: [],
    requirementsFiles: [requirementsFile],
    constraintsFiles,
    prereleases: 'pip',
    offline,
    index,
    ...(excludeNewer === undefined ? {} : { excludeNewer }),
    ...(progress === undefined ? {} : { progress }),
  })
  if (result.kind !== 'solution')
    throw unsolved({ name: service, requirementsFile, constraintsFiles }, python, result)
  const facts = offline ? snapshot : await index.open()
  const read = factsReader(markerEnvironment(python, platform))
  const pinned = await Promise.all(
    [...result.pins].map(async ([name, version]): Promise<Pinned> => {
      const metadata = await facts.metadata(name, version)
      const { requiresPython } = metadata ?? {}
      return {
        name,
        version,
        ...(requiresPython === undefined ? {} : { requiresPython }),
        dependencies: metadata === undefined ? [] : dependenciesOf(name, read(metadata), result),
        files: await facts.files(name, version),
      }
    }),
  )
  return freeze({ service, root: await rootOf(service, requirementsFile, result), ...target }, pinned)
}

function dependenciesOf(
  name: DistributionName,
  { demands }: ReturnType<ReturnType<typeof factsReader>>,
  { extras, pins }: Solution,
): readonly DistributionName[] {
  const wanted = extras.get(name) ?? []
  const counted = demands.filter(({ underExtra }) => underExtra === undefined || wanted.includes(underExtra))
  const names = counted.map((demand) => demand.name).filter((one) => one !== name && pins.has(one))
  return [...new Set(names)]
}

/** The distribution that the image is told by: the one of its name, else the first that is required. */
async function rootOf(service: string, path: string, { pins }: Solution): Promise<DistributionName> {
  const own = normalizeName(service)
  if (pins.has(own)) return own
  const { requirements } = await parseRequirementsFile(path)
  const first = requirements.find(({ requirement }) => pins.has(requirement.name))
  if (first === undefined)
    throw new SvcsplitError('E-LCK-UNSOLVED', `${path} demands nothing on this Python and platform`)
  return first.requirement.name
}

/** The first conflict in one line; `resolve` tells all of them. */
function unsolved(
  { requirementsFile: path, constraintsFiles }: OwnProject,
  python: string,
  result: Exclude<Awaited<ReturnType<typeof resolve>>, { readonly kind: 'solution' }>,
): SvcsplitError {
  const lines = result.kind === 'undecided' ? [] : (result.conflicts[0]?.lines ?? [])
  const what =
    lines.length === 0
      ? 'was not decided'
      : `has no solution: ${lines.map(({ by, text, trouble }) => `${by} has ${text}${trouble === undefined ? '' : ` (${trouble})`}`).join(', ')}`
  return new SvcsplitError('E-LCK-UNSOLVED', `on Python ${python} ${path} ${what}`, {
    at: { path },
    hint: `svcsplit resolve ${[`-r ${path}`, ...constraintsFiles.map((file) => `-c ${file}`)].join(' ')} --python ${python} tells it all, with fixes`,
  })
}
