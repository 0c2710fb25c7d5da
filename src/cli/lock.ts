import type { Command } from 'commander'
import {
  addIndexOptions,
  addTargetOptions,
  excludeNewerOption,
  glibcOption,
  type IndexOptions,
  indexRequest,
  progressFor,
  type TargetOptions,
} from './options.js'

interface LockFlags extends IndexOptions, TargetOptions {
  readonly glibc: string
  readonly output?: string
  readonly excludeNewer?: number
}

/** `svcsplit lock`: one file by sha256 for each distribution of a service release. */
export function registerLock(program: Command): void {
  const command = program
    .command('lock')
    .description('write pylock.<service>.toml (PEP 751): one file by sha256 for each distribution')
    .argument('<service@release>')
    .option('-o, --output <path>', 'file to write, or - for stdout (default: pylock.<service>.toml)')
    .addOption(glibcOption())
  addIndexOptions(addTargetOptions(command))
    .addOption(excludeNewerOption())
    .action(async (service: string, flags: LockFlags, self: Command) => {
      const { writeLock } = await import('#verbs/write-lock.js')
      const progress = progressFor(self)
      const { output, python, platform, glibc, excludeNewer } = flags
      const path = output === undefined ? {} : { path: output === '-' ? (false as const) : output }
      const written = await writeLock({
        service,
        python,
        platform,
        glibc,
        ...path,
        ...(excludeNewer === undefined ? {} : { excludeNewer }),
        ...(await indexRequest(flags)),
        progress,
      }).finally(() => progress.end())
      if (written.path === undefined) process.stdout.write(written.text)
      else process.stdout.write(`${written.path}: ${written.lock.distributions.length} distributions\n`)
    })
}
