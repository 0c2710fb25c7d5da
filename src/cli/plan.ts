import { type Command, InvalidArgumentError, Option } from 'commander'
import { SvcsplitError } from '#errors.js'
import { collect, type GlobalOptions, glibcOption, progressFor } from './options.js'
import { type Formats, type Output, outputOption, writeOutputs } from './outputs.js'
import { planFormatNames, planFormats } from './plan-formats.js'

/** What runs now, and where images are. */
export interface PlanOptions {
  readonly fleet?: string
  readonly from?: string
  readonly images?: string
  readonly glibc: string
  readonly offline?: boolean
  readonly plainHttp?: boolean
}

interface PlanFlags extends PlanOptions {
  readonly window?: number
  readonly state?: string
  readonly done?: readonly string[]
  readonly failed?: readonly string[]
  readonly undone?: readonly string[]
  readonly fallback?: boolean
  readonly restoreDatabase?: boolean
  readonly separate?: boolean
  readonly output?: readonly Output[]
}

function parseWindow(text: string): number {
  const found = /^([1-9]\d{0,4})([mh])$/.exec(text)
  if (found === null) throw new InvalidArgumentError('write 30m or 2h.')
  return Number(found[1]) * (found[2] === 'h' ? 3600 : 60)
}

/** `--fleet`, `--from` and what else says of what a plan is made. */
export function addPlanOptions(command: Command): Command {
  return command
    .option('--fleet <file>', 'what runs now (default: fleet.yaml where there is one)')
    .option('--from <release>', 'every service runs this release, each from its image')
    .option('--images <pattern>', 'where images are: registry.example/cloud/{service}:{release}')
    .addOption(glibcOption())
    .option('--offline', 'ask no registry')
    .option('--plain-http', 'speak to registries without TLS (loopback needs no leave)')
}

/** What a plan is asked for. @throws E-CLI-USAGE */
export function planRequest(targets: readonly string[], flags: PlanOptions) {
  const { fleet, from, images, glibc, offline, plainHttp } = flags
  if (fleet !== undefined && from !== undefined)
    throw new SvcsplitError('E-CLI-USAGE', '--fleet and --from both say what runs now', {
      hint: 'leave one of them out',
    })
  return {
    targets,
    glibc,
    ...(fleet === undefined ? {} : { fleet }),
    ...(from === undefined ? {} : { from }),
    ...(images === undefined ? {} : { images }),
    ...(offline === undefined ? {} : { offline }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
  }
}

/** `svcsplit plan`: the steps, windows and way back of upgrading services one at a time. */
export function registerPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('steps, windows, points of no return and the way back of upgrading services one at a time')
    .argument('[service@release...]', 'what is wanted')
    .addOption(
      new Option('--window <length>', 'one maintenance window a service: 30m, 2h').argParser(parseWindow),
    )
    .option('--state <file>', 'record progress there; without services, go on from there')
    .addOption(new Option('--done <step>', 'record that it is done (repeatable)').argParser(collect))
    .addOption(new Option('--failed <step>', 'record that it failed (repeatable)').argParser(collect))
    .addOption(
      new Option('--undone <service>', 'record that it runs its old release again (repeatable)').argParser(
        collect,
      ),
    )
    .option('--fallback', 'the way back now, from what --state has recorded')
    .option('--separate', 'from shared hosts to images, one service at a time, what frees the most first')
    .option('--restore-database', 'with --fallback: after the point of no return, from the dump')
    .addOption(outputOption(planFormatNames))
  addPlanOptions(command).action(async (services: readonly string[], flags: PlanFlags, self: Command) => {
    const { color } = self.optsWithGlobals<GlobalOptions>()
    if (flags.fallback === true) {
      const formats = await fallbackFormats(services, flags)
      await writeOutputs(flags.output, color, formats)
      return
    }
    const made = flags.separate === true ? separationFormats : upgradeFormats
    const formats = await made(services, flags, self)
    await writeOutputs(flags.output, color, formats)
  })
}

async function fallbackFormats(services: readonly string[], flags: PlanFlags): Promise<Formats> {
  if (flags.state === undefined)
    throw new SvcsplitError('E-CLI-USAGE', '--fallback needs --state FILE', {
      hint: 'the record of a plan says what there is to undo',
    })
  if (services.length > 1 || services[0]?.includes('@'))
    throw new SvcsplitError('E-CLI-USAGE', '--fallback takes one service at most, without a release')
  if (flags.output?.some(({ format }) => format === 'html'))
    throw new SvcsplitError('E-CLI-USAGE', '--fallback writes text, json, markdown and shell alone')
  const { fallback } = await import('#verbs/plan-progress.js')
  const back = await fallback({
    state: flags.state,
    ...(services[0] === undefined ? {} : { service: services[0] }),
    ...(flags.restoreDatabase === undefined ? {} : { restore: flags.restoreDatabase }),
  })
  return {
    text: async (options) => (await import('#report/plan-text.js')).wayBackText(back, options),
    json: async () => (await import('#report/plan-json.js')).wayBackJson(back),
    markdown: async () => (await import('#report/plan-markdown.js')).wayBackMarkdown(back),
    shell: async () => (await import('#report/plan-shell.js')).wayBackShell(back),
  }
}

async function separationFormats(
  services: readonly string[],
  flags: PlanFlags,
  self: Command,
): Promise<Formats> {
  const { separate } = await import('#verbs/separate.js')
  if (flags.state !== undefined || flags.window !== undefined)
    throw new SvcsplitError('E-CLI-USAGE', '--separate has neither --state nor --window', {
      hint: 'each of its steps can be undone by itself',
    })
  if (flags.output?.some(({ format }) => !['text', 'json'].includes(format)))
    throw new SvcsplitError('E-CLI-USAGE', '--separate writes text and json alone')
  const progress = progressFor(self)
  const separation = await separate({
    ...planRequest(services, flags),
    index: { offline: true },
    progress,
  }).finally(() => progress.end())
  const report = () => import('#report/separation-text.js')
  return {
    text: async (options) => (await report()).separationText(separation, options),
    json: async () => (await report()).separationJson(separation),
  }
}

async function upgradeFormats(
  services: readonly string[],
  flags: PlanFlags,
  self: Command,
): Promise<Formats> {
  const { progressOf } = await import('#verbs/plan-progress.js')
  const { window } = flags
  const request = planRequest(services, flags)
  const progress = progressFor(self)
  const record = await progressOf({
    ...request,
    ...(window === undefined ? {} : { window }),
    ...(flags.state === undefined ? {} : { state: flags.state }),
    done: flags.done ?? [],
    failed: flags.failed ?? [],
    undone: flags.undone ?? [],
    progress,
  }).finally(() => progress.end())
  return planFormats(record)
}
