import { type Command, InvalidArgumentError, Option } from 'commander'
import { SvcsplitError } from '#errors.js'
import type { BuildRequest, TargetPlatform } from '#verbs/build.js'
import {
  addIndexOptions,
  collect,
  excludeNewerOption,
  type IndexOptions,
  indexRequest,
  parseJobs,
  progressFor,
} from './options.js'

interface BuildFlags extends IndexOptions {
  readonly output: string
  readonly tag?: string
  readonly all?: boolean
  readonly release?: string
  readonly requirements?: string
  readonly constraints?: readonly string[]
  readonly name?: string
  readonly base: string
  readonly platform: readonly TargetPlatform[]
  readonly format: 'oci' | 'docker'
  readonly builder?: 'native' | 'buildah'
  readonly layers?: number
  readonly bytecode?: boolean
  readonly wheelhouse?: string
  readonly lock?: string
  readonly locked?: boolean
  readonly writeLock?: string | true
  readonly dryRun?: boolean
  readonly verify: boolean
  readonly plainHttp?: boolean
  readonly jobs?: number
  readonly excludeNewer?: number
  readonly report: 'text' | 'json'
}

function parsePlatforms(text: string): readonly TargetPlatform[] {
  const platforms = [...new Set(text.split(','))]
  for (const platform of platforms)
    if (platform !== 'linux/amd64' && platform !== 'linux/arm64')
      throw new InvalidArgumentError('write linux/amd64, linux/arm64, or both with a comma between.')
  return platforms as TargetPlatform[]
}

function parseTag(text: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text))
    throw new InvalidArgumentError('a tag has letters, digits, dots, hyphens and underscores.')
  return text
}

/** A name that an image, a user and a lock file can have. */
function parseName(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(text))
    throw new InvalidArgumentError('a name has lower-case letters, digits and hyphens.')
  return text
}

/** An image has eleven at least; with 120 and a base of a few layers, no engine refuses it. */
function parseLayers(text: string): number {
  const layers = Number(text)
  if (!Number.isInteger(layers) || layers < 11 || layers > 120)
    throw new InvalidArgumentError('write a number from 11 to 120.')
  return layers
}

/** What to build: names, every service of a release, or a project that is requirements alone. */
export function whatToBuild(
  services: readonly string[],
  flags: BuildFlags,
): Pick<BuildRequest, 'services' | 'all' | 'project'> {
  const usage = (message: string, hint: string): SvcsplitError =>
    new SvcsplitError('E-CLI-USAGE', message, { hint })
  const { requirements, constraints = [], name } = flags
  if (requirements !== undefined) {
    if (services.length > 0 || flags.all === true)
      throw usage('--requirements builds a project of your own', 'leave the services away')
    if (flags.release !== undefined)
      throw usage(
        'a project of your own has no release',
        'leave --release away, and give pins by --constraints',
      )
    if (name === undefined) throw usage('the image has no name', 'add --name NAME')
    return { services: [], project: { name, requirementsFile: requirements, constraintsFiles: constraints } }
  }
  if (name !== undefined || constraints.length > 0)
    throw usage('--name and --constraints go with --requirements FILE', 'a service has those of its release')
  if (flags.all !== true) {
    if (flags.release !== undefined)
      throw usage('--release goes with --all', 'write glance@2025.1 for one service')
    if (services.length === 0)
      throw usage('nothing to build', 'name services, such as glance@2025.1, or give --all --release 2025.1')
    return { services: [...new Set(services)] }
  }
  if (services.length > 0) throw usage('--all builds every service of a release', 'leave the names away')
  if (flags.release === undefined) throw usage('--all needs a release', 'add --release 2025.1')
  return { services: [], all: flags.release }
}

async function requestOf(services: readonly string[], flags: BuildFlags): Promise<BuildRequest> {
  const { tag, builder, layers, bytecode, wheelhouse, lock, locked } = flags
  const { writeLock, plainHttp, jobs, excludeNewer } = flags
  return {
    ...whatToBuild(services, flags),
    output: flags.output,
    base: flags.base,
    platforms: flags.platform,
    format: flags.format,
    verify: flags.verify,
    ...(tag === undefined ? {} : { tag }),
    ...(builder === undefined ? {} : { builder }),
    ...(layers === undefined ? {} : { layers }),
    ...(bytecode === undefined ? {} : { bytecode }),
    ...(wheelhouse === undefined ? {} : { wheelhouse }),
    ...(lock === undefined ? {} : { lockFile: lock }),
    ...(locked === undefined ? {} : { locked }),
    ...(writeLock === undefined ? {} : { writeLock }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(excludeNewer === undefined ? {} : { excludeNewer }),
    ...(await indexRequest(flags)),
  }
}

/** `svcsplit build`: isolated images, without a daemon. */
export function registerBuild(program: Command): void {
  const command = program
    .command('build')
    .description('build an isolated, reproducible image of each service release')
    .argument('[service@release...]')
    .requiredOption(
      '-o, --output <destination>',
      'oci:DIR, oci-archive:FILE, docker-archive:FILE or registry:REFERENCE ({service} and {release} are filled in)',
    )
    .option('-t, --tag <tag>', 'tag of the images (default: the release)', parseTag)
    .option('--all', 'every service of the release of --release')
    .option('--release <release>', 'with --all: the release, such as 2025.1')
    .option('--requirements <file>', 'a project of your own: what it requires, in place of a service')
    .addOption(
      new Option('--constraints <file>', 'with --requirements: pins (repeatable)').argParser(collect),
    )
    .option('--name <name>', 'with --requirements: name of the image', parseName)
    .option('--base <base>', 'debian:SUITE, oci:DIR, oci:DIR:NAME or registry:REFERENCE', 'debian:bookworm')
    .addOption(
      new Option('--platform <platform>', 'linux/amd64, linux/arm64, or both with a comma')
        .default(['linux/amd64'], 'linux/amd64')
        .argParser(parsePlatforms),
    )
    .addOption(
      new Option(
        '--builder <builder>',
        'who installs the wheels: buildah does what svcsplit dockerfile says, in one layer (default: native)',
      ).choices(['native', 'buildah']),
    )
    .addOption(
      new Option('--format <format>', 'media types: docker has health checks')
        .choices(['oci', 'docker'])
        .default('oci'),
    )
    .addOption(
      new Option(
        '--layers <n>',
        'at most so many layers above the base: with more, an upgrade moves less, and a first pull takes longer (default: about 40)',
      ).argParser(parseLayers),
    )
    .option(
      '--bytecode',
      'compile all sources, in a layer of its own: starts faster, and is about twice as large',
    )
    .option('--wheelhouse <dir>', 'folder with wheels that no index has, or only sdists of')
    .option('--lock <file>', 'build from this lock, as svcsplit lock or --write-lock wrote it')
    .option('--locked', 'refuse a base or a built wheel that is not the one of the lock')
    .option(
      '--write-lock [file]',
      'write the lock with base and built wheels (default: pylock.<service>.toml)',
    )
    .option('--no-verify', 'deliver without proof: do not hold the image against its lock and start it')
    .option('--dry-run', 'make no image: tell layers, bytes to move and bytes on disk')
    .option('--plain-http', 'speak to the registry without TLS (loopback needs no leave)')
    .addOption(new Option('--jobs <n>', 'downloads at once (default: 8)').argParser(parseJobs))
    .addOption(new Option('--report <format>', 'what to print').choices(['text', 'json']).default('text'))
  addIndexOptions(command).addOption(excludeNewerOption())
  command.action(async (services: string[], flags: BuildFlags, self: Command) => {
    const progress = progressFor(self)
    const request = { ...(await requestOf(services, flags)), progress }
    if (flags.dryRun === true) {
      const [{ dryRun }, { dryRunText }] = await Promise.all([
        import('#verbs/dry-run.js'),
        import('#report/dry-run-text.js'),
      ])
      const planned = await dryRun(request).finally(() => progress.end())
      process.stdout.write(
        flags.report === 'json' ? `${JSON.stringify({ images: planned }, null, 2)}\n` : dryRunText(planned),
      )
      return
    }
    const [{ build }, { buildText }] = await Promise.all([
      import('#verbs/build.js'),
      import('#report/build-text.js'),
    ])
    const outcomes = await build(request).finally(() => progress.end())
    process.stdout.write(
      flags.report === 'json'
        ? `${JSON.stringify({ images: outcomes }, null, 2)}\n`
        : buildText(outcomes, flags.output),
    )
    if (outcomes.some((outcome) => 'error' in outcome)) process.exitCode = 4
  })
}
