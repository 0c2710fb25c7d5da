import { gunzipSync } from 'node:zlib'
import { findIndexes } from '#catalog/index-url.js'
import { SvcsplitError } from '#errors.js'
import { loadFleet } from '#inputs/fleet.js'
import { run } from '#io/exec.js'
import { ensureDir, readBytes, statusOf } from '#io/files.js'
import { isLoopback } from '#io/loopback.js'
import { folderLimits, openFilesLimit } from '#io/machine.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import { showUrl } from '#io/url-text.js'
import { toolVersion } from '#version.js'
import { holesAsOf, holesOf } from './known-holes.js'

export interface DoctorCheck {
  readonly area: 'program' | 'folder' | 'index' | 'machine'
  readonly name: string
  /** `error` is a hole, or what cannot work; `warning` what works less well; `missing` what only some work needs. */
  readonly level: 'ok' | 'missing' | 'warning' | 'error'
  readonly message: string
  readonly hint?: string
}

export interface Doctor {
  readonly tool: string
  /** The day of the table of holes. */
  readonly holesAsOf: string
  readonly checks: readonly DoctorCheck[]
}

export interface DoctorRequest {
  readonly cacheDir: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where packages of Debian tell of themselves. Default: `/usr/share/doc`. */
  readonly docDir?: string
  readonly now?: Date
}

interface Program {
  readonly name: string
  /** Name of its package. */
  readonly package?: string
  readonly use: string
  readonly version: RegExp
}

/** What svcsplit starts, and what runs or builds what it makes. */
const programs: readonly Program[] = [
  {
    name: 'buildah',
    use: 'wheels of sdists are built in it, and Containerfiles',
    version: /version (\d[\w.-]*)/,
  },
  { name: 'podman', use: 'images can be started in it', version: /version (\d[\w.-]*)/ },
  { name: 'runc', use: 'podman and buildah may run containers with it', version: /version (\d[\w.-]*)/ },
  { name: 'crun', use: 'podman and buildah may run containers with it', version: /version (\d[\w.-]*)/ },
  { name: 'bwrap', package: 'bubblewrap', use: 'images are started in it first', version: / (\d[\w.-]*)/ },
  { name: 'mmdebstrap', use: 'the base debian:SUITE is made by it', version: / (\d[\w.-]*)/ },
  { name: 'git', use: 'gate --since reads older revisions with it', version: /version (\d[\w.-]*)/ },
]

/**
 * Looks at the machine: programs with known holes, folders, the index, limits. Nothing is fetched; a program is asked
 * for its version alone.
 */
export async function doctor(request: DoctorRequest): Promise<Doctor> {
  const environment = request.environment ?? process.env
  const checks = [
    node(),
    ...(await Promise.all(programs.map((program) => checkProgram(program, request)))).flat(),
    ...(await checkCache(request.cacheDir)),
    ...(await checkIndex(environment)),
    ...checkMachine(environment, request.now ?? new Date()),
  ]
  return { tool: toolVersion(), holesAsOf, checks }
}

function node(): DoctorCheck {
  return { area: 'program', name: 'node', level: 'ok', message: process.versions.node }
}

async function checkProgram(program: Program, request: DoctorRequest): Promise<readonly DoctorCheck[]> {
  const { name, use } = program
  const env = request.environment ?? process.env
  const about = { area: 'program' as const, name }
  let text: string
  try {
    text = (await run(name, ['--version'], { timeoutMs: 20_000, maxOutput: 65_536, env })).stdout
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    if (error.code === 'E-EXE-MISSING')
      return [{ ...about, level: 'missing', message: `not installed: ${use}` }]
    return [{ ...about, level: 'error', message: `does not tell its version: ${error.message}` }]
  }
  const version = program.version.exec(text)?.[1]
  if (version === undefined)
    return [{ ...about, level: 'warning', message: 'tells no version that can be read' }]
  const holes = holesOf(name, version)
  const told = holes.length === 0 ? '' : await packageHistory(program.package ?? name, request)
  const open = holes.filter(({ id }) => !told.includes(id))
  const closed = holes.filter(({ id }) => told.includes(id)).map(({ id }) => id)
  const patched = closed.length === 0 ? '' : `, its package says that ${closed.join(', ')} is fixed`
  if (open.length === 0) return [{ ...about, level: 'ok', message: `${version}${patched}` }]
  return open.map(({ id, what, fixed, source }) => ({
    ...about,
    level: 'error',
    message: `${version} has ${id}: ${what}`,
    hint: `fixed in ${fixed.join(', ')} (${source}); nothing in the package's own history names it`,
  }))
}

/** What a package of Debian, or of RPM, says of itself: distributors fix holes without a new version of the program. */
async function packageHistory(
  name: string,
  { docDir = '/usr/share/doc', environment }: DoctorRequest,
): Promise<string> {
  try {
    const packed = await readBytes(`${docDir}/${name}/changelog.Debian.gz`)
    return gunzipSync(packed, { maxOutputLength: 64 * 1024 * 1024 }).toString()
  } catch {
    const env = environment ?? process.env
    return run('rpm', ['-q', '--changelog', name], { timeoutMs: 20_000, env }).then(
      ({ stdout }) => stdout,
      () => '',
    )
  }
}

/** Below that, no image of usual size fits beside its wheels. */
const leastFree = 2 * 1024 ** 3

async function checkCache(dir: string): Promise<readonly DoctorCheck[]> {
  const about = { area: 'folder' as const, name: 'cache' }
  try {
    await ensureDir(dir)
    await tempDir(tempPrefix, async () => undefined, { parent: dir })
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    return [{ ...about, level: 'error', message: error.message, hint: 'set SVCSPLIT_CACHE_DIR' }]
  }
  const { uid, freeBytes } = await folderLimits(dir)
  const mode = (await statusOf(dir, { follow: true }))?.mode ?? 0
  const checks: DoctorCheck[] = []
  if (uid !== process.getuid?.())
    checks.push({
      ...about,
      level: 'error',
      message: `${dir} belongs to another user (${uid})`,
      hint: 'who owns it can change what is built from it: set SVCSPLIT_CACHE_DIR',
    })
  if ((mode & 0o022) !== 0)
    checks.push({
      ...about,
      level: 'warning',
      message: `${dir} can be written by others (mode ${mode.toString(8)})`,
      hint: `chmod go-w ${dir}`,
    })
  if (freeBytes < leastFree)
    checks.push({
      ...about,
      level: 'warning',
      message: `${dir} has ${Math.round(freeBytes / 1024 ** 2)} MiB left`,
    })
  return checks.length > 0 ? checks : [{ ...about, level: 'ok', message: dir }]
}

async function checkIndex(
  environment: DoctorRequest['environment'] & object,
): Promise<readonly DoctorCheck[]> {
  const about = { area: 'index' as const, name: 'index' }
  let found: Awaited<ReturnType<typeof findIndexes>>
  try {
    found = await findIndexes({ environment })
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    return [{ ...about, level: 'missing', message: `${error.message}: only --offline works`, ...hint }]
  }
  const checks: DoctorCheck[] = found.urls.map((text, position) => {
    const url = new URL(text)
    const which = position === 0 ? found.source : 'asked for names that those before it do not have'
    const message = `${showUrl(url)} (${which})`
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      return {
        ...about,
        level: 'warning',
        message,
        hint: 'in clear text anybody on the way can hide versions; hashes of a lock still hold',
      }
    return { ...about, level: 'ok', message }
  })
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    checks.push({
      ...about,
      level: 'warning',
      message: 'NODE_TLS_REJECT_UNAUTHORIZED=0 is set and has no effect here',
      hint: 'unset it, for other programs heed it; SSL_CERT_FILE names certificates to trust',
    })
  return checks
}

const leastFiles = 256

function checkMachine(environment: DoctorRequest['environment'] & object, now: Date): readonly DoctorCheck[] {
  const checks: DoctorCheck[] = []
  const files = openFilesLimit()
  if (files !== undefined)
    checks.push({
      area: 'machine',
      name: 'open files',
      ...(files < leastFiles
        ? { level: 'warning' as const, message: `${files} at once`, hint: 'ulimit -n 1024' }
        : { level: 'ok' as const, message: `${files} at once` }),
    })
  const newest =
    loadFleet(undefined, false)
      .releases.list.map(({ released }) => released ?? '')
      .sort()
      .at(-1) ?? ''
  const today = now.toISOString().slice(0, 10)
  checks.push({
    area: 'machine',
    name: 'clock',
    ...(today < newest
      ? {
          level: 'warning' as const,
          message: `says ${today}, before the newest release that is shipped (${newest})`,
          hint: 'certificates of servers will not be valid yet: set the clock',
        }
      : { level: 'ok' as const, message: today }),
  })
  for (const name of ['LD_PRELOAD', 'NODE_OPTIONS'])
    if ((environment[name] ?? '') !== '')
      checks.push({
        area: 'machine',
        name,
        level: 'warning',
        message: 'is set: code of others runs in every command',
      })
  return checks
}
