import { type Command, InvalidArgumentError, Option } from 'commander'
import { gate } from '#verbs/gate.js'
import { analysisFormatNames, analysisFormats, wantSurroundings } from './analysis-formats.js'
import { addSelectionOptions, type SelectionFlags, selectionOptions } from './analyze.js'
import { progressFor } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends SelectionFlags {
  readonly policy?: string
  readonly failOn?: readonly string[]
  readonly baseline?: string
  readonly writeBaseline?: boolean
  readonly pruneBaseline?: boolean
  readonly waivers?: string
  readonly since?: string
  readonly compare?: string
  readonly strict?: boolean
  readonly allowIncomplete?: boolean
  readonly now?: string
  readonly output?: readonly Output[]
}

const exitCodes = { passed: 0, failed: 1, undecided: 3 } as const

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('write error, or collision,python-floor, or none.')
  return names
}

async function run(services: readonly string[], flags: Flags, command: Command): Promise<void> {
  const progress = progressFor(command)
  const asked = (name: string) => command.getOptionValueSource(name) === 'cli'
  const { policy, failOn, baseline, waivers, since, compare } = flags
  const result = await gate({
    ...selectionOptions(services, flags),
    ...(policy === undefined ? {} : { policy }),
    ...(failOn === undefined ? {} : { failOn }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(waivers === undefined ? {} : { waivers }),
    ...(since === undefined ? {} : { since }),
    ...(compare === undefined ? {} : { compare }),
    isPythonAsked: asked('python'),
    isPlatformAsked: asked('platform'),
    writeBaseline: flags.writeBaseline === true,
    pruneBaseline: flags.pruneBaseline === true,
    surroundings: wantSurroundings(flags.output),
    strict: flags.strict === true,
    allowIncomplete: flags.allowIncomplete === true,
    today: flags.now ?? new Date().toISOString().slice(0, 10),
    progress,
  }).finally(() => progress.end())
  // Before anything is written: whatever happens to an output, a gate that failed does not pass.
  process.exitCode = exitCodes[result.verdict.outcome]
  await writeOutputs(flags.output, flags.color, analysisFormats(result))
}

export function registerGate(program: Command): void {
  const command = program
    .command('gate')
    .description('fails a CI job on new findings: analyze and share under a policy, a baseline and waivers')
    .argument('[SERVICE@RELEASE...]', 'as for analyze; left out where a policy says it')
    .option('--policy <file>', 'what is checked and what may not be (YAML)')
    .addOption(
      new Option(
        '--fail-on <list>',
        'levels and rules of which no new finding may be: error, warning, note, collision, ...; none',
      ).argParser(parseNames),
    )
    .option('--baseline <file>', 'findings that are known and do not fail')
    .option('--write-baseline', 'write all that is found to the baseline')
    .option('--prune-baseline', 'take out of the baseline what is found no more')
    .option('--waivers <file>', 'findings that are allowed until a day (YAML)')
    .option('--since <revision>', 'what this git revision had is known: only what came since fails')
    .option('--compare <result.json>', 'what this saved result has is known')
    .option('--strict', 'stale waivers and entries of the baseline fail')
    .option('--allow-incomplete', 'facts that are missing do not keep it from passing')
    .option('--now <day>', 'the day that waivers are held against (default: today, UTC)')
    .addOption(outputOption(analysisFormatNames))
  addSelectionOptions(command).action((services: string[], _: unknown, self: Command) =>
    run(services, self.optsWithGlobals<Flags>(), self),
  )
}
