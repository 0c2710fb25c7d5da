import { type Command, Option } from 'commander'
import { resolveJson, resolveText } from '#report/resolve-text.js'
import type { PrereleaseMode } from '#solver/problem.js'
import { type ResolveResult, resolve } from '#verbs/resolve.js'
import {
  addIndexOptions,
  addTargetOptions,
  collect,
  excludeNewerOption,
  type GlobalOptions,
  type IndexOptions,
  progressFor,
  type TargetOptions,
} from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions, TargetOptions, IndexOptions {
  readonly requirement?: readonly string[]
  readonly constraint?: readonly string[]
  readonly pre: PrereleaseMode
  readonly excludeNewer?: number
  readonly allowUrls?: boolean
  readonly output?: readonly Output[]
}

async function run(requirements: readonly string[], flags: Flags, command: Command): Promise<void> {
  const progress = progressFor(command)
  const offline = flags.offline === true
  const result = await resolve({
    requirements,
    requirementsFiles: flags.requirement ?? [],
    constraintsFiles: flags.constraint ?? [],
    python: flags.python,
    platform: flags.platform,
    prereleases: flags.pre,
    offline,
    allowUrls: flags.allowUrls === true,
    ...(flags.indexUrl === undefined ? {} : { indexUrl: flags.indexUrl }),
    ...(flags.extraIndexUrl === undefined ? {} : { extraIndexUrls: flags.extraIndexUrl }),
    ...(flags.excludeNewer === undefined ? {} : { excludeNewer: flags.excludeNewer }),
    progress,
  }).finally(() => progress.end())
  await writeOutputs(flags.output, flags.color, {
    text: (options) => resolveText(result, options),
    json: () => resolveJson(result),
  })
  const code = exitCode(result)
  if (code !== 0) process.exitCode = code
}

/** Conflicts that all rest on facts that are missing are none: knowing more could give an answer. */
function exitCode(result: ResolveResult): 0 | 1 | 3 {
  if (result.kind === 'solution') return 0
  if (result.kind === 'undecided') return 3
  return result.conflicts.every(({ lines }) => lines.some(({ isMissing }) => isMissing === true)) ? 3 : 1
}

export function registerResolve(program: Command): void {
  const command = program
    .command('resolve')
    .description(
      'one version for each distribution that requirements need, from any index or the shipped facts',
    )
    .argument('[REQ...]', "such as 'oslo.config>=9' or 'keystone[ldap]'")
    .addOption(new Option('-r, --requirement <file>', 'requirements file (repeatable)').argParser(collect))
    .addOption(new Option('-c, --constraint <file>', 'constraints file (repeatable)').argParser(collect))
    .addOption(
      new Option('--pre <mode>', 'which pre-releases may be chosen')
        .choices(['pip', 'allow', 'disallow', 'explicit'])
        .default('pip'),
    )
    .option('--allow-urls', 'requirements may name wheels and sdists by URL: NAME @ URL')
    .addOption(outputOption())
  addIndexOptions(addTargetOptions(command))
    .addOption(excludeNewerOption())
    .action((requirements: string[], _: unknown, self: Command) =>
      run(requirements, self.optsWithGlobals<Flags>(), self),
    )
}
