import { isAbsolute, relative } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { run } from './exec.js'

async function git(args: readonly string[]): Promise<string> {
  // No prompt, no pager, no hook of the checkout may come between.
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', LC_ALL: 'C' }
  const { stdout } = await run('git', args, { env, timeoutMs: 60_000 })
  return stdout
}

/**
 * Files as a revision of the checkout around the current folder has them. Paths are as for any other file: relative
 * to the current folder, or absolute. @throws E-GIT-REV for no checkout and no such revision
 */
export async function filesAt(revision: string): Promise<(path: string) => Promise<Uint8Array>> {
  const commit = await git([
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ]).catch((cause: unknown) => {
    throw cause instanceof SvcsplitError && cause.code === 'E-EXE-MISSING'
      ? cause
      : new SvcsplitError('E-GIT-REV', `git does not know the revision ${JSON.stringify(revision)} here`, {
          hint: 'give a branch, tag or commit of the checkout around this folder; a shallow clone has few',
          cause,
        })
  })
  return async (path) => {
    const here = isAbsolute(path) ? relative(process.cwd(), path) : path
    const text = await git(['cat-file', 'blob', '--end-of-options', `${commit.trim()}:./${here}`]).catch(
      (cause: unknown) => {
        throw new SvcsplitError('E-FS-NOTFOUND', `there is no file ${path} in ${revision}`, { cause })
      },
    )
    return Buffer.from(text)
  }
}
