import { type Command, Option } from 'commander'
import { addTargetOptions, glibcOption, progressFor, type TargetOptions } from './options.js'

interface DiffFlags extends TargetOptions {
  readonly glibc: string
  readonly plainHttp?: boolean
  readonly output: 'text' | 'json'
}

/** `svcsplit diff`: what changes between two service releases, locks or images. */
export function registerDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('what changes between two service releases, locks or images')
    .argument('<from>', 'SERVICE@RELEASE, a pylock file, oci:DIR[:NAME] or a registry reference')
    .argument('<to>', 'the same')
    .addOption(glibcOption())
    .option('--plain-http', 'speak to registries without TLS (loopback needs no leave)')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
  addTargetOptions(command).action(async (from: string, to: string, flags: DiffFlags, self: Command) => {
    const [{ diff }, { diffText }] = await Promise.all([
      import('#verbs/diff.js'),
      import('#report/diff-text.js'),
    ])
    const progress = progressFor(self)
    const { python, platform, glibc, plainHttp } = flags
    const difference = await diff({
      from,
      to,
      python,
      platform,
      glibc,
      ...(plainHttp === undefined ? {} : { plainHttp }),
      progress,
    }).finally(() => progress.end())
    process.stdout.write(
      flags.output === 'json' ? `${JSON.stringify(difference, null, 2)}\n` : diffText(difference),
    )
  })
}
