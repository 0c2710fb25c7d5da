import { join } from 'node:path'
import { type LocalImage, nameForBuildah } from '#dockerfile/local-image.js'
import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'
import { ensureDir } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'

/** The programs that can run something in an image, in the order in which they are tried. */
export const engines = ['bwrap', 'chroot', 'podman', 'buildah'] as const

export type Engine = (typeof engines)[number]

/** One program to run in an image, as its user, without a network. */
export interface EngineJob {
  /** The unpacked image; the engine may write there. */
  readonly root: string
  /** A folder that nobody else writes to. */
  readonly work: string
  readonly image: LocalImage
  readonly user: { readonly uid: number; readonly gid: number }
  /** `NAME=value` */
  readonly environment: readonly string[]
  readonly command: readonly string[]
  readonly input: string
  readonly timeoutMs: number
  /** Bytes. */
  readonly maxOutput: number
}

/** @returns what the program wrote @throws SvcsplitError E-EXE-MISSING, E-EXE-FAILED */
export async function runIn(engine: Engine, job: EngineJob): Promise<string> {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, TMPDIR: job.work }
  const options = { env, input: job.input, timeoutMs: job.timeoutMs, maxOutput: job.maxOutput }
  const attempt = async (command: readonly string[]): Promise<string> =>
    (await run(command[0]!, command.slice(1), options)).stdout
  const command = await commandOf(engine, job, env)
  if (engine !== 'podman') return attempt(command)
  // crun refuses machines with both generations of cgroups, which runc takes.
  return attempt(command).catch((error) =>
    attempt(['podman', '--runtime', 'runc', ...command.slice(1)]).catch(() => {
      throw error
    }),
  )
}

/** What shows that an engine works on this machine, without any image; podman and buildah have no such thing. */
const probes: ReadonlyMap<Engine, readonly string[]> = new Map([
  ['bwrap', ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true']],
  ['chroot', ['unshare', '--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child', 'true']],
])

/** Whether it is the image's fault that an engine did not run it. */
export async function engineWorks(engine: Engine): Promise<boolean> {
  const [program, ...args] = probes.get(engine) ?? []
  if (program === undefined) return false
  return run(program, args, { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  )
}

async function commandOf(
  engine: Engine,
  job: EngineJob,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  switch (engine) {
    case 'bwrap':
      return bubblewrap(job)
    case 'chroot':
      return chroot(job)
    case 'podman':
      return podman(job)
    case 'buildah':
      return buildah(job, env)
  }
}

function bubblewrap({ root, user, environment, command }: EngineJob): readonly string[] {
  return [
    'bwrap',
    ...['--unshare-all', '--die-with-parent', '--new-session', '--clearenv'],
    ...['--uid', String(user.uid), '--gid', String(user.gid)],
    ...['--bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--chdir', '/'],
    ...environment.flatMap((line) => ['--setenv', ...split(line)]),
    '--',
    ...command,
  ]
}

/**
 * In namespaces of its own: the network is empty, mounts and processes are gone with it. A machine that allows
 * no mount has no /proc and /dev there, which hardly anything needs to start.
 */
function chroot({ root, user, environment, command }: EngineJob): readonly string[] {
  if (process.getuid?.() !== 0)
    throw new SvcsplitError('E-EXE-FAILED', 'chroot needs root', { hint: 'install bubblewrap or podman' })
  const script = [
    // An image could make a link of them.
    'test -L "$1/proc" || mount -t proc proc "$1/proc" 2>/dev/null',
    'test -L "$1/dev" || mount --rbind /dev "$1/dev" 2>/dev/null',
    'root=$1 user=$2; shift 2',
    'exec chroot --userspec="$user" --groups= "$root" "$@"',
  ].join('\n')
  const owner = `${user.uid}:${user.gid}`
  return [
    ...['unshare', '--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child'],
    ...['sh', '-c', script, 'sh', root, owner],
    ...['/usr/bin/env', '-i', ...environment, ...command],
  ]
}

function podman({ root, work, user, environment, command }: EngineJob): readonly string[] {
  return [
    ...['podman', '--root', join(work, 'root'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'],
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...['run', '--rm', '--interactive', '--network=none', '--log-driver=none'],
    // The limits that podman would set by itself may be above those of who asks.
    ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
    ...['--security-opt', 'no-new-privileges', '--cap-drop', 'all', '--pull=never'],
    ...['--user', `${user.uid}:${user.gid}`, '--workdir', '/', '--entrypoint', JSON.stringify([command[0]])],
    ...environment.flatMap((line) => ['--env', line]),
    ...['--rootfs', root],
    ...command.slice(1),
  ]
}

/** buildah starts from the image itself. Its chroot isolation shares the network, hence the namespace around it. */
async function buildah(
  { image, work, user, environment, command }: EngineJob,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const storage = ['--root', join(work, 'root'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs']
  const rootless = process.getuid?.() === 0 ? [] : ['buildah', 'unshare']
  await ensureDir(work)
  const policy = join(work, 'policy.json')
  await writeAtomic(policy, '{"default":[{"type":"insecureAcceptAnything"}]}')
  const from = [
    'from',
    '--signature-policy',
    policy,
    '--quiet',
    '--name',
    'svcsplit-verify',
    await nameForBuildah(image, work),
  ]
  const [program, ...args] = [...rootless, 'buildah', ...storage, ...from] as [string, ...string[]]
  await run(program, args, { env, cwd: work, timeoutMs: 10 * 60_000 })
  return [
    ...rootless,
    ...['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['buildah', ...storage, 'run', '--isolation', 'chroot', '--user', `${user.uid}:${user.gid}`],
    ...environment.flatMap((line) => ['--env', line]),
    ...['svcsplit-verify', '--', ...command],
  ]
}

function split(line: string): readonly [string, string] {
  const equals = line.indexOf('=')
  return [line.slice(0, equals), line.slice(equals + 1)]
}
