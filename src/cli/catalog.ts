import { type Command, Option } from 'commander'
import { SvcsplitError, visible } from '#errors.js'
import { addIndexOptions, collect, type IndexOptions, parseJobs, progressFor } from './options.js'

interface UpdateFlags extends IndexOptions {
  readonly release?: string
  readonly jobs: number
  readonly to?: string
  readonly shipped?: boolean
  readonly buildOn?: string
}

interface ImportFlags {
  readonly release?: string
  readonly constraints?: readonly string[]
  readonly service?: readonly string[]
  readonly requirements?: readonly string[]
  readonly source?: readonly string[]
  readonly slurp?: boolean
  readonly from?: string
  readonly to?: string
}

async function importOwn(release: string, flags: ImportFlags): Promise<void> {
  const { importRelease } = await import('#verbs/import-release.js')
  const {
    constraints = [],
    service: services = [],
    requirements = [],
    source: sources = [],
    slurp,
    to,
  } = flags
  const result = await importRelease({
    release,
    constraints,
    services,
    requirements,
    sources,
    ...(slurp === undefined ? {} : { slurp }),
    ...(to === undefined ? {} : { to }),
  })
  print(
    `${release}: ${result.pins} pins, ${result.services.length} services (${result.services.join(', ')})`,
    ...result.written.map((name) => `written  ${name}`),
    result.written.length === 0 ? 'nothing changed' : undefined,
    'next     svcsplit catalog update   (asks the package index for what is not known of it yet)',
  )
}

/** `svcsplit catalog`: the shipped data, remade, looked at and checked. */
export function registerCatalog(program: Command): void {
  const catalog = program.command('catalog').description('the shipped data: remake it, look at it, check it')

  catalog
    .command('import')
    .description(
      'a release of your own beside the shipped ones (--release); or the shipped ones anew from release data (--from)',
    )
    .option('--release <name>', 'name of your release, such as 2026.2 or my-cloud')
    .addOption(
      new Option('--constraints <file>', 'with --release: its pins (repeatable: all hold)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option('--service <name=version>', 'with --release: a service of it (repeatable)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        '--requirements <name=file>',
        "with --release: a service's own requirements file (repeatable)",
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--source <name=path>',
        'with --release: the checkout, unpacked sdist or wheel of a service or pinned library (repeatable)',
      ).argParser(collect),
    )
    .option('--slurp', 'with --release: upgrades may come from the SLURP release before')
    .option('--from <dir>', 'folder with releases.json and <release>/upper-constraints.txt')
    .option('--to <dir>', 'folder to write (default: your data folder, or the shipped constraints/)')
    .action(async (flags: ImportFlags, command: Command) => {
      if ((flags.release === undefined) === (flags.from === undefined))
        throw new SvcsplitError('E-CLI-USAGE', 'import what?', {
          hint: '--release NAME --constraints FILE --service NAME=VERSION; or --from DIR for whole release data',
        })
      if (flags.release !== undefined) return importOwn(flags.release, flags)
      const { catalogImport } = await import('#verbs/catalog-import.js')
      const progress = progressFor(command)
      const { from, to } = flags
      const result = await catalogImport({
        from: from!,
        ...(to === undefined ? {} : { to }),
        progress,
      }).finally(() => progress.end())
      print(
        `${result.releases.length} releases, ${result.requirementsFiles} requirements files`,
        ...result.written.map((name) => `written  ${name}`),
        ...result.removed.map((name) => `removed  ${name}`),
        result.written.length + result.removed.length === 0 ? 'nothing changed' : undefined,
      )
    })

  const update = catalog
    .command('update')
    .description('ask the package index for the facts of every version that the releases can reach')
    .option('--release <release>', 'begin with the services of this release only, and keep the rest')
    .addOption(new Option('--jobs <n>', 'requests at once').default(8).argParser(parseJobs))
    .option('--shipped', 'remake the shipped facts, though you have releases of your own')
    .option('--to <dir>', 'folder to write (default: constraints/catalog of the data that is remade)')
    .option(
      '--build-on <base>',
      'build sdists that do not state their metadata, on debian:SUITE or oci:DIR (needs buildah)',
    )
  addIndexOptions(update).action(async (flags: UpdateFlags, command: Command) => {
    const { catalogUpdate } = await import('#verbs/catalog-update.js')
    const progress = progressFor(command)
    const { extraIndexUrl, ...rest } = flags
    const extra = extraIndexUrl === undefined ? {} : { extraIndexUrls: extraIndexUrl }
    const result = await catalogUpdate({ ...rest, ...extra, progress }).finally(() => progress.end())
    const { sources, from } = result
    const { wheel, sdist, build } = from
    print(
      `${result.names} distributions, ${result.versions} versions, ${result.files} files`,
      `metadata from ${wheel} wheels, ${sdist} sdists that state it, ${build} builds`,
      sources === undefined
        ? undefined
        : `names from ${sources.read} wheels, ${sources.without.length} versions without one, ${sources.unread.length} files that cannot be read`,
      ...result.written.map((name) => `written  ${name}`),
      result.written.length === 0 ? 'nothing changed' : undefined,
      ...result.pending.map(({ name, version, reason }) => `pending  ${name} ${version}: ${visible(reason)}`),
      ...result.absent.map((what) => `absent   ${visible(what)}`),
      ...result.unreadable.map((what) => `unread   ${visible(what)}`),
      // that is as it is with some wheels: names of these files are unknown, and no run makes them known
      ...(sources?.unread ?? []).map((what) => `unread   ${visible(what)}`),
    )
    // facts that are missing make later answers undecided: the run says so in its exit code too
    if (result.pending.length + result.absent.length + result.unreadable.length > 0) process.exitCode = 3
  })

  catalog
    .command('show')
    .description('what is known offline: of everything, of one distribution, or of one version')
    .argument('[distribution]')
    .argument('[version]')
    .action(async (name: string | undefined, version: string | undefined) => {
      const { catalogShow } = await import('#verbs/catalog-show.js')
      const shown = catalogShow({
        ...(name === undefined ? {} : { name }),
        ...(version === undefined ? {} : { version }),
      })
      if (shown.kind === 'summary')
        print(
          `${shown.names} distributions, ${shown.versions} versions`,
          shown.asOf === undefined ? undefined : `newest file of ${shown.asOf}`,
          `pinned by no release: ${shown.unpinned.join(', ') || 'none'}`,
        )
      else if (shown.kind === 'name') print(...shown.versions.map((known) => `${shown.name} ${known}`))
      else
        print(
          `${shown.metadata.distribution} ${shown.metadata.version} (from ${shown.metadata.from})`,
          `requires-python  ${shown.metadata.requiresPython ?? 'any'}`,
          ...shown.metadata.requires.map((text) => `requires  ${visible(text)}`),
          ...shown.files.map((file) => `file  ${file.filename}  ${file.size} bytes  sha256:${file.sha256}`),
          ...startsOf(shown.entryPoints),
        )
    })

  catalog
    .command('packages')
    .description('ask apt which versions suites have of the system packages that profiles name')
    .argument('[SOURCE...]', 'lines of sources.list, "deb URI SUITE COMPONENT"; default: this machine\'s own')
    .option('--root <dir>', 'folder with constraints/ and profiles/ (default: the shipped one)')
    .action(async (sources: readonly string[], { root }: { readonly root?: string }, self: Command) => {
      const { catalogPackages } = await import('#verbs/catalog-packages.js')
      const progress = progressFor(self)
      const where = root === undefined ? {} : { root }
      const result = await catalogPackages({ sources, ...where, progress }).finally(() => progress.end())
      print(
        ...result.suites.map(
          ({ name, packages, absent }) =>
            `${name}: ${packages} packages${absent.length === 0 ? '' : `, and not ${visible(absent.join(', '), 2000)}`}`,
        ),
        result.written ? 'written' : 'nothing new',
      )
    })

  catalog
    .command('verify')
    .description('check that the shipped facts are whole, without asking anybody')
    .action(async () => {
      const { catalogVerify } = await import('#verbs/catalog-verify.js')
      const result = await catalogVerify()
      print(
        ...result.problems.map((problem) => visible(problem, 300)),
        `${result.names} distributions, ${result.versions} versions, ${result.problems.length} problems`,
      )
      if (result.problems.length > 0) process.exitCode = 1
    })
}

/** What a service release can be started by. */
function startsOf(
  entryPoints:
    | {
        readonly groups: ReadonlyMap<string, ReadonlyMap<string, string>>
        readonly scripts: ReadonlyMap<string, string | undefined>
        readonly wsgi: readonly string[]
      }
    | undefined,
): readonly string[] {
  if (entryPoints === undefined) return []
  return [
    ...[...(entryPoints.groups.get('console_scripts') ?? [])].map(
      ([name, reference]) => `script  ${name} = ${reference}`,
    ),
    ...[...entryPoints.scripts].map(
      ([name, reference]) => `script  ${name}${reference === undefined ? '' : ` = ${reference}`}`,
    ),
    ...entryPoints.wsgi.map((path) => `wsgi  ${path}`),
  ].map((line) => visible(line))
}

function print(...lines: readonly (string | undefined)[]): void {
  process.stdout.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`)
}
