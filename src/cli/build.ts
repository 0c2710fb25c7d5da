import { type Command, Option } from 'commander'
import { SvcsplitError, visible } from '#errors.js'
import {
  addIndexOptions,
  type IndexOptions,
  indexRequest,
  parseJobs,
  progressFor,
  type TargetOptions,
} from './options.js'

interface BuildFlags extends IndexOptions {
  readonly output: string
  readonly tag?: string
  readonly base: string
  readonly platform: TargetOptions['platform']
  readonly wheelhouse?: string
  readonly jobs?: number
  readonly report: 'text' | 'json'
}

/** The folder of `oci:DIR`. */
function layoutFolder(destination: string): string {
  const [scheme, ...rest] = destination.split(':')
  const folder = rest.join(':')
  if (scheme === 'oci' && folder !== '') return folder
  throw new SvcsplitError(
    'E-IMG-REF',
    `${visible(JSON.stringify(destination))} is not a destination for images`,
    {
      hint: 'write oci:DIR, such as -o oci:images',
    },
  )
}

/** `svcsplit build`: isolated images, without a daemon. */
export function registerBuild(program: Command): void {
  const command = program
    .command('build')
    .description('build an isolated, reproducible image of each service release')
    .argument('<service@release...>')
    .requiredOption('-o, --output <destination>', 'where the images go: oci:DIR')
    .option('-t, --tag <tag>', 'tag of the images (default: the release)')
    .option('--base <base>', 'debian:SUITE, oci:DIR or oci:DIR:NAME', 'debian:bookworm')
    .addOption(
      new Option('--platform <platform>', 'platform')
        .choices(['linux/amd64', 'linux/arm64'])
        .default('linux/amd64'),
    )
    .option('--wheelhouse <dir>', 'folder with wheels of what the index has only sdists of')
    .addOption(new Option('--jobs <n>', 'downloads at once (default: 8)').argParser(parseJobs))
    .addOption(new Option('--report <format>', 'what to print').choices(['text', 'json']).default('text'))
  addIndexOptions(command).action(async (services: string[], flags: BuildFlags, self: Command) => {
    const layout = layoutFolder(flags.output)
    const [{ build }, { buildText }] = await Promise.all([
      import('#verbs/build.js'),
      import('#report/build-text.js'),
    ])
    const progress = progressFor(self)
    const { tag, base, platform, wheelhouse, jobs } = flags
    const images = await build({
      services,
      layout,
      base,
      platform,
      ...(tag === undefined ? {} : { tag }),
      ...(wheelhouse === undefined ? {} : { wheelhouse }),
      ...(jobs === undefined ? {} : { jobs }),
      ...(await indexRequest(flags)),
      progress,
    }).finally(() => progress.end())
    process.stdout.write(
      flags.report === 'json' ? `${JSON.stringify({ images }, null, 2)}\n` : buildText(images, flags.output),
    )
  })
}
