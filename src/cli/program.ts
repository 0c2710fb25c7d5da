import { Command, CommanderError, Option } from 'commander'
import { SvcsplitError, visible } from '#errors.js'
import { dataDirInUse } from '#io/data-dir.js'
import { toolVersion } from '#version.js'
import { describeError } from './print-error.js'

type Register = (program: Command) => void

/** Each command's options live in its own file, loaded only when that command, or the help, is asked for. */
const commands: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ['analyze', async () => (await import('./analyze.js')).registerAnalyze],
  ['why', async () => (await import('./why.js')).registerWhy],
  ['explain', async () => (await import('./explain.js')).registerExplain],
  ['gate', async () => (await import('./gate.js')).registerGate],
  ['render', async () => (await import('./render.js')).registerRender],
  ['share', async () => (await import('./share.js')).registerShare],
  ['resolve', async () => (await import('./resolve.js')).registerResolve],
  ['lock', async () => (await import('./lock.js')).registerLock],
  ['build', async () => (await import('./build.js')).registerBuild],
  ['rebase', async () => (await import('./rebase.js')).registerRebase],
  ['diff', async () => (await import('./diff.js')).registerDiff],
  ['plan', async () => (await import('./plan.js')).registerPlan],
  ['export', async () => (await import('./export.js')).registerExport],
  ['dockerfile', async () => (await import('./dockerfile.js')).registerDockerfile],
  ['verify', async () => (await import('./verify.js')).registerVerify],
  ['push', async () => (await import('./push.js')).registerPush],
  ['copy', async () => (await import('./copy.js')).registerCopy],
  ['attest', async () => (await import('./attest.js')).registerAttest],
  ['images', async () => (await import('./images.js')).registerImages],
  ['retag', async () => (await import('./retag.js')).registerRetag],
  ['init', async () => (await import('./init.js')).registerInit],
  ['doctor', async () => (await import('./doctor.js')).registerDoctor],
  ['schema', async () => (await import('./schema.js')).registerSchema],
  ['completion', async () => (await import('./completion.js')).registerCompletion],
  ['catalog', async () => (await import('./catalog.js')).registerCatalog],
])

function baseProgram(): Command {
  return new Command('svcsplit')
    .description(
      'Shows which shared libraries collide when one OpenStack service moves to another release,\n' +
        'and builds each service its own isolated, reproducible image.',
    )
    .version(toolVersion(), '-V, --version', 'print the version')
    .option('--debug', 'show stack traces of errors')
    .option('-q, --quiet', 'no progress and no notes')
    .option('--no-progress', 'no progress')
    .addOption(
      new Option('--color <when>', 'colour in text output')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .showSuggestionAfterError()
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .hook('preAction', (program) => {
      if (program.opts<{ quiet?: boolean }>().quiet !== true) tellOwnData()
    })
}

/** Answers that rest on more than what is shipped say so, whatever the command: universes never mix silently. */
function tellOwnData(): void {
  const dir = dataDirInUse()
  if (dir !== undefined) process.stderr.write(`with your own data of ${visible(dir)}\n`)
}

/** The name of the command: the first argument that is neither an option nor the value of a global one. */
function commandName(args: readonly string[]): string | undefined {
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index]!
    if (argument === '--color') index += 1
    else if (!argument.startsWith('-')) return argument
  }
  return undefined
}

/** The whole command line, as help, completion and the reference tell of it. */
export async function wholeProgram(): Promise<Command> {
  const program = baseProgram()
  await register(program, undefined)
  return program
}

async function register(program: Command, name: string | undefined): Promise<void> {
  // Completion tells of all commands, and so has to know them.
  const chosen = name === undefined || name === 'completion' ? undefined : commands.get(name)
  const loaders = chosen === undefined ? [...commands.values()] : [chosen]
  for (const load of loaders) (await load())(program)
}

function usageError(error: CommanderError): SvcsplitError {
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const hint =
    rest.join(' ').trim() || 'svcsplit --help lists the commands, svcsplit COMMAND --help its options'
  return new SvcsplitError('E-CLI-USAGE', message, { hint })
}

/** `svcsplit help build` is what hands type that know git: it means `svcsplit build --help`. Of a name that there is not, the error tells. */
function withoutHelpCommand(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args
  if (first !== 'help') return args
  return rest[0] === undefined || commands.has(rest[0]) ? [...rest, '--help'] : rest
}

/** Runs one command line; the exit code by docs/cli.md, or none when the command has set its own. */
export async function runCommandLine(typed: readonly string[]): Promise<number | undefined> {
  const args = withoutHelpCommand(typed)
  try {
    const program = baseProgram()
    // The version needs no command, and scripts ask for it often.
    if (!['-V', '--version'].includes(args[0] ?? '')) await register(program, commandName(args))
    if (args.length === 0) {
      program.outputHelp()
      return 2
    }
    await program.parseAsync(args, { from: 'user' })
    return undefined
  } catch (error) {
    // Help and version end the run through an exception too: commander's way to leave without process.exit.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const told = describeError(
      error instanceof CommanderError ? usageError(error) : error,
      args.includes('--debug'),
    )
    process.stderr.write(told.text)
    return told.exitCode
  }
}
