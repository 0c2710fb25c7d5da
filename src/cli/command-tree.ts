import type { Command, Option } from 'commander'

/** An option as help, completion and the reference tell it. */
export interface ToldOption {
  readonly flags: string
  /** `-o`, `--output`. */
  readonly names: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
  /** As text; none where nothing is taken without the option, or its absence says all. */
  readonly usual?: string
}

interface ToldArgument {
  /** `[SERVICE@RELEASE...]`. */
  readonly term: string
  readonly description: string
}

/** A command with its own ones, as far as anybody who writes about it wants to know. */
export interface ToldCommand {
  /** `svcsplit catalog show`. */
  readonly path: string
  readonly name: string
  readonly description: string
  readonly usage: string
  readonly arguments: readonly ToldArgument[]
  readonly options: readonly ToldOption[]
  readonly commands: readonly ToldCommand[]
}

function toldOption(option: Option): ToldOption {
  const {
    flags,
    short,
    long,
    description,
    argChoices = [],
    defaultValue,
    required,
    optional,
    negate,
  } = option
  return {
    flags,
    names: [short, long].filter((name) => name !== undefined),
    description,
    takesValue: required || optional,
    choices: argChoices,
    ...(defaultValue === undefined || negate || typeof defaultValue === 'boolean'
      ? {}
      : { usual: String(defaultValue) }),
  }
}

/** What commander knows of a command and of those below it. */
export function commandTree(command: Command, above = ''): ToldCommand {
  const path = above === '' ? command.name() : `${above} ${command.name()}`
  return {
    path,
    name: command.name(),
    description: command.description().replace(/\s+/g, ' '),
    usage: `${path} ${command.usage()}`,
    arguments: command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`
      return {
        term: argument.required ? `<${name}>` : `[${name}]`,
        description: argument.description,
      }
    }),
    options: command.options.filter(({ hidden }) => !hidden).map(toldOption),
    commands: command.commands.map((one) => commandTree(one, path)),
  }
}
