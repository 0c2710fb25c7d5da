import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import { readChunks, readText, statusOf } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { markerEnvironment } from '#pep/marker-environment.js'
import { evaluateMarker } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import type { Requirement } from '#pep/requirement.js'
import type { Progress } from '#progress.js'
import { inspection, planOf } from './build-plan.js'
import {
  type BuildException,
  type BuildRequirements,
  type BuildWheel,
  buildRequirementsKey,
  exceptionFor,
  resolveBuildRequirements,
} from './build-requirements.js'
import { openSandbox, type Sandbox, type SandboxBase, type SandboxResult } from './sandbox.js'
import type { Named, Sdist, SdistFile } from './sdist.js'

interface BuiltWheel {
  /** In the blob store. */
  readonly path: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly filename: string
  /** False if it was built by this call. */
  readonly cached: boolean
}

export interface WheelhouseOptions {
  readonly base: SandboxBase
  /** `linux/amd64` */
  readonly platform: string
  /** Debian packages that compilations need beside `compilerPackages`: the profile's. */
  readonly buildPackages?: readonly string[]
  /** The same base with more packages; asked only when an sdist has code to compile. */
  readonly withPackages: (packages: readonly string[]) => Promise<SandboxBase>
  readonly requirements: BuildRequirements
  /** Brings a pinned wheel of a build requirement to disk, verified. */
  readonly fetch: (wheel: BuildWheel) => Promise<string>
  readonly cacheDir: string
  readonly store: BlobStore
  readonly progress?: Progress
}

export interface Wheelhouse {
  /** @throws E-SDT-BUILD, E-SDT-FORM, E-EXE-MISSING */
  buildWheel(sdist: Sdist): Promise<BuiltWheel>
  /** The wheel if an earlier build left it: needs no sandbox. */
  findWheel(sdist: Sdist): Promise<BuiltWheel | undefined>
  /** The core metadata that a wheel of the sdist would have, as text. @throws as `buildWheel` */
  buildMetadata(sdist: SdistFile): Promise<string>
  /** Removes the sandboxes; what was built stays. */
  close(): Promise<void>
}

/** What a C extension needs to compile against the base's Python. */
export const compilerPackages = ['g++', 'gcc', 'libc6-dev', 'make', 'pkg-config', 'python3-dev']

/** Raised when the same inputs give another wheel: wheels of another format are built again. */
const buildFormat = 1
/** A backend may ask for more than its sdist says; one that asks a third time does not end. */
const maxRounds = 3

interface BuildRecord {
  readonly format: number
  readonly sdist: string
  /** Base and sandbox that built it. */
  readonly base: string
  readonly sandbox: string
  readonly asked: readonly string[]
  readonly requirements: readonly { readonly filename: string; readonly sha256: string }[]
  readonly wheel: { readonly filename: string; readonly sha256: string; readonly size: number }
}

/** Wheels of sdists, each built once. Builds run one after another. */
export function openWheelhouse(options: WheelhouseOptions): Wheelhouse {
  const dir = join(options.cacheDir, 'wheelhouse')
  const environment = markerEnvironment(options.base.python, options.platform as 'linux/amd64')
  const holds = (requirement: Requirement): boolean =>
    requirement.marker === undefined || evaluateMarker(requirement.marker, environment, new Set())
  const sandboxes = new Map<string, Promise<Sandbox>>()
  let last: Promise<unknown> = Promise.resolve()

  /** The base itself, or the base with packages; one container for each list. */
  const sandboxWith = (packages: readonly string[]): Promise<Sandbox> => {
    const known = sandboxes.get(packages.join())
    if (known !== undefined) return known
    const base = packages.length === 0 ? Promise.resolve(options.base) : options.withPackages(packages)
    const sandbox = base.then((image) => openSandbox(image, dir, options.progress))
    sandboxes.set(packages.join(), sandbox)
    return sandbox
  }
  const exceptionOf = (sdist: Named): BuildException | undefined =>
    exceptionFor(options.requirements, normalizeName(sdist.distribution), sdist.version)
  const packagesFor = (sdist: Named): readonly string[] => {
    const all = [
      ...compilerPackages,
      ...(options.buildPackages ?? []),
      ...(exceptionOf(sdist)?.packages ?? []),
    ]
    return [...new Set(all)].sort()
  }
  const oneByOne = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  /** Build requirements that the backend asks for in the end, and what the last round gave. */
  async function build<T>(
    sdist: SdistFile,
    mode: 'metadata' | 'wheel',
    take: (
      result: SandboxResult,
      wheelPath: string,
      how: { asked: readonly string[]; wheels: readonly BuildWheel[]; sandbox: Sandbox },
    ) => Promise<T>,
  ): Promise<T> {
    const label = `${sdist.distribution} ${sdist.version}`
    options.progress?.step?.(`build ${label}`)
    try {
      const first = await sandboxWith([])
      const found = await first.run(inspection, { sdist, wheels: [] }, async (result) => result)
      const plan = planOf(found, sdist, exceptionOf(sdist)?.requires)
      const sandbox = mode === 'wheel' && plan.native ? await sandboxWith(packagesFor(sdist)) : first
      let asked = plan.requires
      for (let round = 0; round < maxRounds; round++) {
        const wheels = resolveBuildRequirements(options.requirements, asked, holds, label)
        const files: { path: string; filename: string }[] = []
        for (const wheel of wheels) files.push({ path: await options.fetch(wheel), filename: wheel.filename })
        const request = { ...plan, mode, known: asked, environment: buildRequirementsKey(wheels) }
        const how = { asked, wheels, sandbox }
        const outcome = await sandbox.run(request, { sdist, wheels: files }, async (result, wheelPath) =>
          'requires' in result ? result : { done: await take(result, wheelPath, how) },
        )
        if ('done' in outcome) return outcome.done
        asked = [...asked, ...outcome.requires]
      }
      throw new SvcsplitError(
        'E-SDT-BUILD',
        `${label}: its build backend asks for ever more requirements: ${asked.join(', ')}`,
      )
    } catch (error) {
      throw buildError(error, label)
    }
  }

  const key = (sdist: Sdist): string =>
    createHash('sha256')
      .update(
        JSON.stringify([
          buildFormat,
          sdist.sha256,
          options.base.digest,
          options.base.python,
          packagesFor(sdist),
          exceptionOf(sdist)?.requires ?? [],
        ]),
      )
      .digest('hex')
  const recordPath = (sdist: Sdist): string => join(dir, 'records', `${key(sdist)}.json`)

  /** None if the table has moved on and cannot satisfy them any more. */
  function stillGiven(asked: readonly string[]): readonly BuildWheel[] | undefined {
    try {
      return resolveBuildRequirements(options.requirements, asked, holds, 'an earlier build')
    } catch (error) {
      if (error instanceof SvcsplitError) return undefined
      throw error
    }
  }

  async function findWheel(sdist: Sdist): Promise<BuiltWheel | undefined> {
    const record = await readRecord(recordPath(sdist))
    if (record === undefined || !(await options.store.has(record.wheel.sha256))) return undefined
    const now = stillGiven(record.asked)?.map(({ sha256 }) => sha256)
    if (now?.join() !== record.requirements.map(({ sha256 }) => sha256).join()) return undefined
    return { ...record.wheel, path: options.store.path(record.wheel.sha256), cached: true }
  }

  return {
    findWheel,

    buildWheel: (sdist) =>
      oneByOne(async () => {
        const present = await findWheel(sdist)
        if (present !== undefined) return present
        return build(sdist, 'wheel', async (result, wheelPath, how) => {
          if (!('wheel' in result))
            throw new SvcsplitError('E-SDT-BUILD', `${sdist.filename}: no wheel was made`)
          requireWheelName(result.wheel, sdist)
          const stored = await options.store.put(readChunks(wheelPath))
          const wheel = { filename: result.wheel, sha256: stored.sha256, size: stored.size }
          const record: BuildRecord = {
            format: buildFormat,
            sdist: sdist.sha256,
            base: options.base.digest,
            sandbox: how.sandbox.base.digest,
            asked: how.asked,
            requirements: how.wheels.map(({ filename, sha256 }) => ({ filename, sha256 })),
            wheel,
          }
          await writeAtomic(recordPath(sdist), `${JSON.stringify(record, null, 2)}\n`)
          return { ...wheel, path: stored.path, cached: false }
        })
      }),

    buildMetadata: (sdist) =>
      oneByOne(() =>
        build(sdist, 'metadata', async (result) => {
          if ('metadata' in result) return result.metadata
          throw new SvcsplitError('E-SDT-BUILD', `${sdist.filename}: no metadata was made`)
        }),
      ),

    close: async () => {
      await last
      for (const opened of sandboxes.values())
        await opened.then((sandbox) => sandbox.close()).catch(() => undefined)
      sandboxes.clear()
    },
  }
}

/** A build that gives another distribution than asked is refused: its name goes into the lock. */
function requireWheelName(filename: string, sdist: Sdist): void {
  const [name = '', version = ''] = filename.split('-')
  const fits = normalizeName(name) === normalizeName(sdist.distribution) && /^[A-Za-z0-9._+!]+$/.test(version)
  if (!fits || !/^[A-Za-z0-9._+!-]+\.whl$/.test(filename))
    throw new SvcsplitError(
      'E-SDT-BUILD',
      `${sdist.filename} gave a wheel named ${JSON.stringify(filename.slice(0, 200))}`,
    )
}

function buildError(error: unknown, label: string): unknown {
  if (!(error instanceof SvcsplitError)) return error
  if (error.code === 'E-EXE-MISSING') return missingBuilder([label], error)
  if (error.code !== 'E-EXE-FAILED') return error
  return new SvcsplitError('E-SDT-BUILD', `${label} does not build: ${error.message}`, {
    hint: 'add the system packages it needs to the profile (systemPackages.build), or bring its wheel: --wheelhouse DIR',
    cause: error,
  })
}

/** Who needs the builder, and the way without it. */
export function missingBuilder(distributions: readonly string[], cause?: unknown): SvcsplitError {
  const program =
    /^(\S+) is not installed/.exec(cause instanceof Error ? cause.message : '')?.[1] ?? 'buildah'
  return new SvcsplitError(
    'E-EXE-MISSING',
    `there is no wheel of ${distributions.join(', ')}, and building one takes ${program}, which is not installed`,
    { hint: `install ${program}, or build the wheels elsewhere and bring them: --wheelhouse DIR`, cause },
  )
}

async function readRecord(path: string): Promise<BuildRecord | undefined> {
  if ((await statusOf(path)) === undefined) return undefined
  try {
    const record = JSON.parse(await readText(path)) as BuildRecord
    return record.format === buildFormat ? record : undefined
  } catch {
    return undefined
  }
}
