import { join, resolve } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'
import { ensureDir, exists, listDir, remove } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { linkOrCopy, writeAtomic } from '#io/write-files.js'
import type { Progress } from '#progress.js'
import type { Containerfile } from './containerfile.js'
import { type LocalImage, nameForBuildah, writeLayoutOf } from './local-image.js'

/**
 * Writes a build context: `Containerfile`, `requirements.txt`, `wheels/` and `base/`, the base as an OCI layout
 * that no builder copies; wheels and blobs are hard links where the file system can. What an earlier run left is
 * removed; a folder that holds something else is refused.
 * @throws E-OUT-EXISTS, E-FS-*
 */
export async function writeContext(
  dir: string,
  containerfile: Containerfile,
  wheels: readonly { readonly path: string; readonly filename: string }[],
  base: LocalImage,
): Promise<void> {
  const own = ['.dockerignore', 'Containerfile', 'base', 'wheels', ...containerfile.files.keys()]
  const present = (await exists(dir)) ? await listDir(dir) : []
  const foreign = present.filter((name) => !own.includes(name))
  if (foreign.length > 0)
    throw new SvcsplitError(
      'E-OUT-EXISTS',
      `${dir} holds something else: ${foreign.slice(0, 5).join(', ')}`,
      {
        at: { path: dir },
        hint: 'name a new or empty folder',
      },
    )
  for (const folder of ['wheels', 'base']) await remove(join(dir, folder))
  await ensureDir(join(dir, 'wheels'))
  for (const { path, filename } of wheels) await linkOrCopy(path, join(dir, 'wheels', filename))
  await writeLayoutOf(base, join(dir, 'base'))
  await writeAtomic(join(dir, '.dockerignore'), 'base\n')
  for (const [path, text] of containerfile.files) await writeAtomic(join(dir, path), text)
  await writeAtomic(join(dir, 'Containerfile'), containerfile.text)
}

export interface BuildahOptions {
  readonly base: LocalImage
  /** Where the image goes: `oci:DIR:NAME` with an absolute path, or another destination that buildah knows. */
  readonly destination: string
  readonly cacheDir: string
  readonly progress?: Progress
}

/** buildah's chroot isolation shares the network of its caller: an empty network namespace, then. */
const noNetwork = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']

/** Nothing in the image is newer: 2024-01-01T00:00:00Z. */
const epoch = '1704067200'

/**
 * Runs a context with buildah, in a storage of its own that is removed afterwards, without network.
 * @throws E-EXE-MISSING, E-EXE-FAILED with buildah's last lines
 */
export async function buildWithBuildah(dir: string, options: BuildahOptions): Promise<void> {
  const { base, destination, cacheDir, progress } = options
  await tempDir(
    'buildah-',
    async (storage) => {
      await writeAtomic(join(storage, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
      await ensureDir(join(storage, 'tmp'))
      const driver = process.env.STORAGE_DRIVER ?? 'vfs'
      const own = [
        '--root',
        join(storage, 'root'),
        '--runroot',
        join(storage, 'run'),
        '--storage-driver',
        driver,
      ]
      const env = { ...process.env, TMPDIR: join(storage, 'tmp') }
      const rootless = process.getuid?.() !== 0
      const user = rootless ? ['buildah', 'unshare'] : []
      const buildah = async (args: readonly string[], step: string, alone = false): Promise<string> => {
        progress?.step?.(step)
        const [program, ...rest] = [...user, ...(alone ? noNetwork : []), 'buildah', ...own, ...args]
        return (await run(program!, rest, { cwd: storage, env, timeoutMs: 60 * 60_000 })).stdout.trim()
      }
      const policy = ['--signature-policy', join(storage, 'policy.json')]
      const name = await nameForBuildah(base, storage)
      const id = await buildah(['pull', ...policy, '--quiet', name], 'read base')
      const image = 'localhost/svcsplit/image'
      const how = [
        '--identity-label=false',
        '--isolation',
        'chroot',
        '--network',
        'host',
        '--timestamp',
        epoch,
        '--format',
        'oci',
      ]
      const from = ['--pull-never', '--layers=false', '--build-arg', `BASE=${id}`]
      const file = ['--file', join(resolve(dir), 'Containerfile'), '--tag', image, resolve(dir)]
      await buildah(['build', ...policy, ...how, ...from, ...file], 'buildah build', true)
      await buildah(['push', ...policy, image, destination], 'buildah push')
      if (rootless) await buildah(['rmi', '--all', '--force'], 'buildah clean')
    },
    { parent: join(cacheDir, 'buildah') },
  )
}
