import { join } from 'node:path'
import { run } from '#io/exec.js'
import { ensureDir } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'

/**
 * The versions that apt would install from these sources (lines of sources.list), by package; packages that no
 * source has are left out. apt works in a folder of its own: the machine's lists and packages have no say.
 * @throws E-EXE-MISSING, E-EXE-FAILED with apt's last lines
 */
export async function aptVersions(
  sources: readonly string[],
  packages: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return tempDir('svcsplit-apt-', async (folder) => {
    for (const path of ['lists/partial', 'cache/archives/partial']) await ensureDir(join(folder, path))
    await writeAtomic(join(folder, 'sources.list'), `${sources.join('\n')}\n`)
    await writeAtomic(join(folder, 'status'), '')
    const options = [
      `Dir::State=${folder}`,
      `Dir::State::lists=${folder}/lists`,
      `Dir::State::status=${folder}/status`,
      `Dir::Cache=${folder}/cache`,
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      'Acquire::Languages=none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      // apt's own user cannot write to a folder of ours
      'APT::Sandbox::User=',
    ].flatMap((option) => ['-o', option])
    await run('apt-get', [...options, '--error-on=any', 'update'], { timeoutMs: 10 * 60_000 })
    const told = await run('apt-cache', [...options, 'policy', ...packages], {
      timeoutMs: 60_000,
      env: { ...process.env, LC_ALL: 'C' },
    })
    return candidatesIn(told.stdout)
  })
}

/** What `apt-cache policy` says it would install. */
export function candidatesIn(policy: string): ReadonlyMap<string, string> {
  const found = policy.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (\S+)$/gm)
  return new Map(
    [...found].map(([, name, version]) => [name!, version!] as const).filter(([, v]) => v !== '(none)'),
  )
}
