import type { Command } from 'commander'
import type { AnalysisResult } from '#collisions/result.js'
import { SvcsplitError } from '#errors.js'
import { writeAtomic } from '#io/files.js'
import { analysisText } from '#report/analyze-text.js'
import { analysisJson } from '#report/json.js'
import { wantsColor } from '#report/terminal.js'
import { analyze } from '#verbs/analyze.js'
import {
  addIndexOptions,
  addTargetOptions,
  type GlobalOptions,
  type IndexOptions,
  progressFor,
  type TargetOptions,
} from './options.js'

interface Flags extends GlobalOptions, TargetOptions, IndexOptions {
  readonly host?: string
  readonly constraints?: string
  readonly requirements?: string
  readonly profile?: string
  readonly output?: readonly Output[]
}

interface Output {
  readonly format: 'text' | 'json'
  /** stdout if left out. */
  readonly path?: string
}

function parseOutput(text: string, before: readonly Output[] = []): readonly Output[] {
  const equals = text.indexOf('=')
  const format = equals === -1 ? text : text.slice(0, equals)
  const path = equals === -1 ? undefined : text.slice(equals + 1)
  if (format !== 'text' && format !== 'json')
    throw new SvcsplitError('E-CLI-USAGE', `there is no output format ${JSON.stringify(format)}`, {
      hint: 'known are text and json',
    })
  if (path === '') throw new SvcsplitError('E-CLI-USAGE', `-o ${format}= needs a path`)
  if (path === undefined && before.some((output) => output.path === undefined))
    throw new SvcsplitError('E-CLI-USAGE', 'two results cannot both go to stdout', {
      hint: `write one to a file: -o ${format}=PATH`,
    })
  return [...before, path === undefined ? { format } : { format, path }]
}

function rendered(result: AnalysisResult, output: Output, flags: Flags): string {
  if (output.format === 'json') return analysisJson(result)
  const toTerminal = output.path === undefined && process.stdout.isTTY === true
  const color = wantsColor(flags.color, process.env, toTerminal)
  const width = toTerminal ? Math.max(60, process.stdout.columns ?? 120) : 120
  return analysisText(result, { color, width })
}

async function run(services: readonly string[], flags: Flags, command: Command): Promise<void> {
  const progress = progressFor(command)
  const result = await analyze({
    services,
    python: flags.python,
    platform: flags.platform,
    index: {
      offline: flags.offline === true,
      ...(flags.indexUrl === undefined ? {} : { indexUrl: flags.indexUrl }),
      ...(flags.extraIndexUrl === undefined ? {} : { extraIndexUrls: flags.extraIndexUrl }),
    },
    progress,
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.constraints === undefined ? {} : { constraints: flags.constraints }),
    ...(flags.requirements === undefined ? {} : { requirements: flags.requirements }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
  })
  progress.end()
  for (const output of flags.output ?? [{ format: 'text' }]) {
    const text = rendered(result, output, flags)
    if (output.path === undefined) process.stdout.write(text)
    else await writeAtomic(output.path, text)
  }
  if (result.undecided.length > 0) {
    const [first] = result.undecided
    progress.warn?.(
      `undecided: facts that are needed are not known (${result.undecided.length}), the first is ${first!.distribution}` +
        `${first!.version === undefined ? '' : ` ${first!.version}`}: ${first!.reason}${flags.offline === true ? '; run without --offline to ask the package index' : ''}`,
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
    .option('--host <release>', 'the release whose pins the host has')
    .option('--constraints <file>', "the host's pins, in place of a release")
    .option('--requirements <file>', 'one service, as a requirements file states it')
    .option('--profile <file>', 'in place of the shipped profile of its service')
    .option('-o, --output <format[=path]>', 'text or json, to stdout or a file (repeatable)', parseOutput)
  addIndexOptions(addTargetOptions(command)).action((services: string[], _: unknown, self: Command) =>
    run(services, self.optsWithGlobals<Flags>(), self),
  )
}
