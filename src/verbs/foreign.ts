import { arch } from 'node:process'
import { SvcsplitError } from '#errors.js'
import { exists } from '#io/files.js'

const machines = { 'linux/amd64': 'x64', 'linux/arm64': 'arm64' } as const
const emulators = { 'linux/amd64': 'qemu-x86_64', 'linux/arm64': 'qemu-aarch64' } as const

/** Whether this machine starts programs of a platform, by itself or through an emulator (Linux, binfmt_misc). */
async function runsHere(platform: keyof typeof machines): Promise<boolean> {
  return machines[platform] === arch || exists(`/proc/sys/fs/binfmt_misc/${emulators[platform]}`)
}

/** Says what a failed bootstrap for another platform is about; other errors stay as they are. */
export async function explainForeignBase(
  error: unknown,
  from: string,
  platform: keyof typeof machines,
): Promise<unknown> {
  if (!(error instanceof SvcsplitError) || !from.startsWith('debian:') || (await runsHere(platform)))
    return error
  return new SvcsplitError(
    'E-IMG-BASE',
    `${from} for ${platform} cannot be bootstrapped here: this machine does not run programs of ${platform}`,
    {
      hint: 'install qemu-user-static and arch-test; or bring a base of that platform: --base oci:DIR or registry:REFERENCE',
      cause: error,
    },
  )
}

/** Refuses to compile for a platform whose programs do not run here. @throws E-SDT-BUILD */
export async function requireRunning(what: string, platform: keyof typeof machines): Promise<void> {
  if (await runsHere(platform)) return
  throw new SvcsplitError(
    'E-SDT-BUILD',
    `${what} has no wheel for ${platform}, and this machine does not run programs of ${platform} to build one`,
    { hint: 'build it on such a machine and bring it: --wheelhouse DIR; or install qemu-user-static' },
  )
}
