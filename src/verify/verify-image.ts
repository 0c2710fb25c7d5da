import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { ensureDir } from '#io/files.js'
import { openLooseFiles } from '#io/loose-files.js'
import { tempDir } from '#io/temp-dir.js'
import type { Lock } from '#lock/lock.js'
import type { Descriptor } from '#oci/descriptor.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { Progress } from '#progress.js'
import { bytecodePaths, checkBytecode, hasBytecode } from './bytecode.js'
import { compileEnvironment } from './compile.js'
import type { Engine } from './engines.js'
import { type FoundEnvironment, findEnvironment } from './environment.js'
import { checkFiles, checkScripts } from './files.js'
import { findingList, type Report, type VerifyFinding } from './finding.js'
import { checkHygiene, imageUser } from './hygiene.js'
import { checkLibraries } from './libraries.js'
import { checkLocked, checkWheels, type KnownWheel } from './locked.js'
import { checkRequirements } from './requirements.js'
import { type ScannedImage, scanImage } from './scan.js'
import { checkStart, type StartedProcess, type StartSummary, startPlan } from './start.js'
import { unpackImage } from './unpack-image.js'

/** What an image is held against. */
interface Expectation {
  readonly lock?: Lock
  /** Those of the lock whose files are at hand. */
  readonly wheels: readonly KnownWheel[]
  readonly processes: readonly StartedProcess[]
}

export interface VerifyImageOptions {
  /** The layout, and the name of the image in it, or the descriptor that an index gives it. */
  readonly dir: string
  readonly image?: string | Descriptor
  /** Of the environment; absolute. */
  readonly prefix: string
  readonly start: Engine | 'auto' | 'none'
  /** Says what to hold the image against, once it is known what it is. */
  readonly expect: (image: ScannedImage, environment: FoundEnvironment | undefined) => Promise<Expectation>
  readonly progress?: Progress
}

export interface VerifiedImage {
  readonly digest: string
  readonly findings: readonly VerifyFinding[]
  /** What was looked at. */
  readonly counts: {
    readonly layers: number
    readonly entries: number
    /** Unpacked. */
    readonly bytes: number
    readonly distributions: number
    /** Distributions that were compared with their wheels. */
    readonly wheels: number
    readonly files: number
    readonly libraries: number
  }
  readonly start: StartSummary
}

/**
 * Looks at everything that can be known of an image before it serves: its bytes, its distributions, its
 * libraries, what it demands, and whether it starts. What is wrong is returned, not thrown.
 * @throws SvcsplitError E-IMG-*, E-FS-*, E-WHL-*, E-EXE-* if the image or what it is held against cannot be read
 */
export async function verifyImage(options: VerifyImageOptions): Promise<VerifiedImage> {
  if (options.start === 'none') return verifyIn(options)
  return tempDir('svcsplit-verify-', (work) => verifyIn(options, work))
}

async function verifyIn(options: VerifyImageOptions, work?: string): Promise<VerifiedImage> {
  const { dir, prefix, progress, start } = options
  const { report, sorted } = findingList()
  const loose = work === undefined ? undefined : openLooseFiles(work)
  const image = await scanImage(
    {
      dir,
      prefix,
      ...(options.image === undefined ? {} : { image: options.image }),
      ...(loose === undefined ? {} : { loose }),
      ...(progress === undefined ? {} : { progress }),
    },
    report,
  )
  const { entries, bytes, digest, manifest } = image
  const counts = { distributions: 0, wheels: 0, files: 0, libraries: 0 }
  const result = (told: typeof counts, started: StartSummary): VerifiedImage => ({
    digest,
    findings: sorted(),
    counts: { layers: manifest.layers.length, entries, bytes, ...told },
    start: started,
  })
  // What is missing in a tree of which a part could not be read says nothing.
  if (!image.sound) return result(counts, notStarted('its layers are not sound'))
  progress?.step?.('compare')
  const environment = findEnvironment(image, report)
  const expected = await options.expect(image, environment)
  checkHygiene(image, expected.lock, report)
  if (environment === undefined) return result(counts, notStarted('it has no environment'))
  const looked = await checkEnvironment(image, environment, expected, report)
  if (loose === undefined || work === undefined || start === 'none') {
    if (hasBytecode(image)) report('bytecode', 'warning', 'was not compiled again: nothing was to be started')
    return result(looked, notStarted('not asked for'))
  }
  const root = unpackImage(image, loose, work)
  if (hasBytecode(image))
    await compileAgain(image, environment, { root, work, engine: start, progress }, report)
  progress?.step?.('start')
  const command = [...(image.config.config?.Entrypoint ?? []), ...(image.config.config?.Cmd ?? [])]
  const started = await checkStart(
    {
      image,
      environment,
      plan: startPlan(environment, expected.lock?.root, expected.processes, command, `${image.prefix}/bin`),
      engine: start,
      root,
      work: await engineFolder(work),
      user: imageUser(image) ?? { uid: 65534, gid: 65534 },
    },
    report,
  )
  return result(looked, started)
}

/** Compiles an image that has bytecode, where something can run it. */
async function compileAgain(
  image: ScannedImage,
  environment: FoundEnvironment,
  {
    root,
    work,
    engine,
    progress,
  }: { root: string; work: string; engine: Engine | 'auto'; progress: Progress | undefined },
  report: Report,
): Promise<void> {
  progress?.step?.('compile')
  const { python, sitePackages } = environment
  try {
    const compiled = await compileEnvironment({
      ...{ image, python, sitePackages, root, engine },
      work: await engineFolder(work, 'compiler'),
    })
    checkBytecode(image, bytecodePaths(image, environment), compiled, report)
  } catch (error) {
    if (!(error instanceof SvcsplitError) || !error.code.startsWith('E-EXE-') || engine !== 'auto')
      throw error
    report('bytecode', 'warning', `was not compiled again: ${error.message}`)
  }
}

function notStarted(reason: string): StartSummary {
  return { engine: 'none', reason, scripts: 0, modules: 0, commands: 0, unconfigured: [] }
}

/** All that can be known without running anything. */
async function checkEnvironment(
  image: ScannedImage,
  environment: FoundEnvironment,
  { lock, wheels }: Expectation,
  report: Report,
) {
  const files = await checkFiles(image, environment, report)
  checkScripts(image, environment, report)
  if (lock !== undefined) checkLocked(environment, lock, report)
  const compared = await checkWheels(image, environment, wheels, report)
  const libraries = checkLibraries(image, report)
  const platform = image.config.architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64'
  checkRequirements(environment, markerEnvironment(environment.python, platform), report)
  return { distributions: environment.distributions.length, wheels: compared, files, libraries }
}

async function engineFolder(work: string, name = 'engine'): Promise<string> {
  const folder = join(work, name)
  await ensureDir(folder)
  return folder
}
