import { type Command, Option } from 'commander'
import { bytesText } from '#report/bytes.js'
import { indexRequest, progressFor } from './options.js'

interface RebaseFlags {
  readonly base: string
  readonly output: string
  readonly tag?: string
  readonly refresh?: boolean
  readonly plainHttp?: boolean
  readonly report: 'text' | 'json'
}

/** `svcsplit rebase`: a new base under a finished image. */
export function registerRebase(program: Command): void {
  program
    .command('rebase')
    .description(
      'put a new base under a finished image, whose own layers stay as they are (bytecode is compiled anew)',
    )
    .argument('<image>', 'oci:DIR or oci:DIR:NAME')
    .requiredOption('-o, --output <destination>', 'where the image goes, as for build')
    .option('--base <base>', 'debian:SUITE, oci:DIR, oci:DIR:NAME or registry:REFERENCE', 'debian:bookworm')
    .option('--refresh', 'bootstrap the base again: its packages have moved on')
    .option('-t, --tag <tag>', 'tag of the image (default: the one it has)')
    .option('--plain-http', 'speak to the registry without TLS (loopback needs no leave)')
    .addOption(new Option('--report <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(async (image: string, flags: RebaseFlags, self: Command) => {
      const { rebase } = await import('#verbs/rebase.js')
      const progress = progressFor(self)
      const { base, output, tag, refresh, plainHttp } = flags
      const { cacheDir } = await indexRequest({})
      const rebased = await rebase({
        image,
        base,
        output,
        cacheDir,
        ...(tag === undefined ? {} : { tag }),
        ...(refresh === undefined ? {} : { refresh }),
        ...(plainHttp === undefined ? {} : { plainHttp }),
        progress,
      }).finally(() => progress.end())
      const text = [
        `${rebased.name}  ${rebased.digest}`,
        `  before  ${rebased.before}`,
        `  on ${rebased.base.name}  ${rebased.base.digest}`,
        `  ${rebased.kept} layers stayed, ${bytesText(rebased.newBytes)} went to ${output}`,
        '',
      ].join('\n')
      process.stdout.write(flags.report === 'json' ? `${JSON.stringify(rebased, null, 2)}\n` : text)
    })
}
