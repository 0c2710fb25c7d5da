import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { nameForBuildah } from '#dockerfile/local-image.js'
import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'
import { ensureDir, exists, readText } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { linkOrCopy, writeAtomic } from '#io/write-files.js'
import type { Digest } from '#oci/digest.js'
import type { Progress } from '#progress.js'
import { buildDriver } from './build-driver.js'

/** The image that a sandbox is made of: what of a base counts here. */
export interface SandboxBase {
  readonly layout: string
  readonly digest: Digest
  /** `3.11` */
  readonly python: string
  readonly pythonPath: string
}

/** One thing to do in the sandbox; see `buildDriver`. */
export interface SandboxRequest {
  readonly mode: 'inspect' | 'metadata' | 'wheel'
  readonly backend: string
  readonly backendPath: readonly string[]
  /** Requirements that are provided for already, as the backend words them. */
  readonly known: readonly string[]
  /** Names the set of build requirements. */
  readonly environment: string
}

interface SandboxInput {
  readonly sdist: { readonly path: string; readonly filename: string }
  readonly wheels: readonly { readonly path: string; readonly filename: string }[]
}

export type SandboxResult =
  | { readonly pyproject: string | null; readonly setup: boolean; readonly native: readonly string[] }
  | { readonly requires: readonly string[] }
  | { readonly metadata: string }
  | { readonly wheel: string }

export interface Sandbox {
  readonly base: SandboxBase
  /** Runs one request; `take` reads what it left while the folder lives. @throws E-EXE-FAILED with the build's last lines */
  run<T>(
    request: SandboxRequest,
    input: SandboxInput,
    take: (result: SandboxResult, wheelPath: string) => Promise<T>,
  ): Promise<T>
  close(): Promise<void>
}

/** A build that takes longer hangs. */
const buildTimeoutMs = 30 * 60_000
const namePrefix = 'svcsplit-'

/**
 * A container of the base in a storage of its own, so that the user's images and settings stay as they are. The
 * container is made once and used for any number of builds; its network is an empty network namespace.
 * @throws E-EXE-MISSING, E-EXE-FAILED
 */
export async function openSandbox(base: SandboxBase, dir: string, progress?: Progress): Promise<Sandbox> {
  const storage = join(dir, 'storage')
  await ensureDir(join(storage, 'tmp'))
  await writeAtomic(join(storage, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  const buildah = buildahIn(storage)
  progress?.step?.('prepare the build sandbox')
  await removeStrays(buildah)
  const container = `${namePrefix}${process.pid}-${randomBytes(4).toString('hex')}`
  const policy = ['--signature-policy', join(storage, 'policy.json')]
  const image = await nameForBuildah(base, join(storage, 'tmp'))
  await buildah(['from', ...policy, '--quiet', '--name', container, image], false)
  return {
    base,
    run: (request, input, take) =>
      tempDir(
        'job-',
        async (job) => {
          await fillJob(job, request, input)
          const mount = `${job}:/svcsplit`
          const command = [base.pythonPath, '-B', '/svcsplit/driver.py']
          await buildah(['run', '--volume', mount, '--user', '0:0', container, '--', ...command], true)
          const result = JSON.parse(await readText(join(job, 'out', 'result.json'))) as SandboxResult
          return take(result, join(job, 'out', 'result.whl'))
        },
        { parent: join(storage, 'tmp') },
      ),
    close: async () => {
      await buildah(['rm', container], false)
    },
  }
}

type Buildah = (args: readonly string[], isolated: boolean) => Promise<string>

/**
 * buildah's chroot isolation works without privileges that containers and CI machines lack, but shares the
 * network with the machine (`--network none` has no effect on it): hence the namespaces around it.
 */
function buildahIn(storage: string): Buildah {
  const own = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')]
  const driver = ['--storage-driver', process.env.STORAGE_DRIVER ?? 'vfs']
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', TMPDIR: join(storage, 'tmp') }
  const rootless = process.getuid?.() !== 0
  return async (args, isolated) => {
    const alone = isolated ? ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] : []
    const [program, ...rest] = [
      ...(rootless ? ['buildah', 'unshare'] : []),
      ...alone,
      ...['buildah', ...own, ...driver, ...args],
    ] as [string, ...string[]]
    return (await run(program, rest, { cwd: join(storage, 'tmp'), env, timeoutMs: buildTimeoutMs })).stdout
  }
}

async function fillJob(job: string, request: SandboxRequest, input: SandboxInput): Promise<void> {
  const { sdist, wheels } = input
  for (const { filename } of [sdist, ...wheels])
    if (!/^[A-Za-z0-9][A-Za-z0-9._+!-]*$/.test(filename))
      throw new SvcsplitError(
        'E-SDT-FORM',
        `${JSON.stringify(filename.slice(0, 200))} is not the name of an sdist or wheel`,
      )
  for (const folder of ['sdist', 'wheels', 'out']) await ensureDir(join(job, folder))
  await writeAtomic(join(job, 'driver.py'), buildDriver)
  const asked = { ...request, sdist: sdist.filename, wheels: wheels.map(({ filename }) => filename) }
  await writeAtomic(join(job, 'request.json'), JSON.stringify(asked))
  await linkOrCopy(sdist.path, join(job, 'sdist', sdist.filename))
  for (const { path, filename } of wheels) await linkOrCopy(path, join(job, 'wheels', filename))
}

/** Containers of processes that were killed. */
async function removeStrays(buildah: Buildah): Promise<void> {
  const listed = await buildah(['containers', '--format', '{{.ContainerName}}', '--noheading'], false)
  for (const name of listed.split('\n')) {
    const pid = Number(new RegExp(`^${namePrefix}(\\d+)-`).exec(name.trim())?.[1] ?? Number.NaN)
    if (!Number.isNaN(pid) && !(await exists(`/proc/${pid}`))) await buildah(['rm', name.trim()], false)
  }
}
