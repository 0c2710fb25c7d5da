import { type Command, InvalidArgumentError, Option } from 'commander'
import { analyze } from '#verbs/analyze.js'
import type { AnalyzeOptions } from '#verbs/selection.js'
import { analysisFormatNames, analysisFormats, wantSurroundings } from './analysis-formats.js'
import {
  addIndexOptions,
  addTargetOptions,
  codeOption,
  collect,
  excludeNewerOption,
  type GlobalOptions,
  type IndexOptions,
  progressFor,
  type TargetOptions,
} from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

/** What is analyzed: the same options for every command that speaks of findings. */
export interface SelectionFlags extends GlobalOptions, TargetOptions, IndexOptions {
  readonly host?: string
  readonly constraints?: readonly string[]
  readonly requirements?: string
  readonly profile?: string
  readonly code?: string
  readonly excludeNewer?: number
}

interface Flags extends SelectionFlags {
  readonly radius?: boolean
  readonly radiusBudget?: number
  readonly output?: readonly Output[]
}

export function addSelectionOptions(command: Command): Command {
  command
    .option('--host <release>', 'the release whose pins the host has')
    .addOption(
      new Option(
        '--constraints <file>',
        "the host's pins, in place of a release (repeatable: all hold)",
      ).argParser(collect),
    )
    .option('--requirements <file>', 'one service, as a requirements file states it')
    .option('--profile <file>', 'in place of the shipped profile of its service')
    .addOption(codeOption())
  return addIndexOptions(addTargetOptions(command)).addOption(excludeNewerOption())
}

export function selectionOptions(services: readonly string[], flags: SelectionFlags): AnalyzeOptions {
  const { host, constraints, requirements, profile, indexUrl, extraIndexUrl, excludeNewer } = flags
  return {
    services,
    python: flags.python,
    platform: flags.platform,
    ...(flags.code === undefined ? {} : { code: flags.code }),
    index: {
      offline: flags.offline === true,
      ...(indexUrl === undefined ? {} : { indexUrl }),
      ...(extraIndexUrl === undefined ? {} : { extraIndexUrls: extraIndexUrl }),
      ...(excludeNewer === undefined ? {} : { excludeNewer }),
    },
    ...(host === undefined ? {} : { host }),
    ...(constraints === undefined ? {} : { constraints }),
    ...(requirements === undefined ? {} : { requirements }),
    ...(profile === undefined ? {} : { profile }),
  }
}

function parseBudget(text: string): number {
  const budget = Number(text)
  if (!/^\d{1,7}$/.test(text) || budget < 1)
    throw new InvalidArgumentError('write a number from 1 to 9999999.')
  return budget
}

async function run(services: readonly string[], flags: Flags, command: Command): Promise<void> {
  const progress = progressFor(command)
  const result = await analyze({
    ...selectionOptions(services, flags),
    progress,
    ...(flags.radius === undefined ? {} : { radius: flags.radius }),
    ...(flags.radiusBudget === undefined ? {} : { radiusBudget: flags.radiusBudget }),
    surroundings: wantSurroundings(flags.output),
  }).finally(() => progress.end())
  await writeOutputs(flags.output, flags.color, analysisFormats(result))
  if (result.undecided.length > 0) {
    const [first] = result.undecided
    progress.warn?.(
      `undecided: facts that are needed are not known (${result.undecided.length}), the first is ${first!.distribution}` +
        `${first!.version === undefined ? '' : ` ${first!.version}`}: ${first!.reason}` +
        `${flags.offline === true ? '; run without --offline to ask the package index' : ''}` +
        `${result.excludeNewer === undefined ? '' : `; --exclude-newer left out what was uploaded since ${result.excludeNewer}`}`,
    )
    process.exitCode = 3
  }
}

export function registerAnalyze(program: Command): void {
  const command = program
    .command('analyze')
    .description(
      'which demands of a service release the pins of a host refuse; the whole fleet without arguments',
    )
    .argument('[SERVICE@RELEASE...]', 'such as nova@2026.1; nova alone is its newest maintained release')
    .option('--radius', 'for every cell the fewest pins that would have to move, and whom that disturbs')
    .option(
      '--radius-budget <closures>',
      'closures to walk for the fewest pins of a cell (default: 2000, of many cells 200)',
      parseBudget,
    )
    .addOption(outputOption(analysisFormatNames))
  addSelectionOptions(command).action((services: string[], _: unknown, self: Command) =>
    run(services, self.optsWithGlobals<Flags>(), self),
  )
}
