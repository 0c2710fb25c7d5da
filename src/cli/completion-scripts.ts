import type { ToldCommand, ToldOption } from './command-tree.js'

/** A word of a shell in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Every command with its path below the program: `catalog show` for `svcsplit catalog show`. */
function flat(root: ToldCommand): readonly { readonly path: string; readonly command: ToldCommand }[] {
  const below = (command: ToldCommand, path: string): { path: string; command: ToldCommand }[] => [
    { path, command },
    ...command.commands.flatMap((one) => below(one, `${path} ${one.name}`.trim())),
  ]
  return below(root, '')
}

/** What may follow an option: its choices; else files. */
function valuesOf(
  options: readonly ToldOption[],
): readonly { names: readonly string[]; choices: readonly string[] }[] {
  return options.filter(({ takesValue }) => takesValue).map(({ names, choices }) => ({ names, choices }))
}

function words({ commands, options }: ToldCommand, global: readonly ToldOption[]): readonly string[] {
  return [
    ...commands.map(({ name }) => name),
    ...[...options, ...global].flatMap(({ names }) => names),
    '--help',
  ]
}

/** For bash: commands and options, the choices of an option, and files for everything else. */
export function bashScript(root: ToldCommand): string {
  const commands = flat(root)
  const cases = commands.map(({ path, command }) => {
    const global = path === '' ? [] : root.options
    const values = valuesOf([...command.options, ...global]).map(({ names, choices }) =>
      choices.length === 0
        ? `        ${names.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;`
        : `        ${names.join('|')}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$word")); return ;;`,
    )
    return [
      `    ${quoted(path)})`,
      ...(values.length === 0 ? [] : ['      case "$before" in', ...values, '      esac']),
      `      words=${quoted(words(command, global).join(' '))} ;;`,
    ].join('\n')
  })
  const names = commands.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  return `# bash completion for svcsplit: source <(svcsplit completion bash)
_svcsplit() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' next one
  COMPREPLY=()
  for ((next = 1; next < COMP_CWORD; next++)); do
    one="\${path:+$path }\${COMP_WORDS[next]}"
    case "$one" in
      ${names.join('|')}) path="$one" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ "$word" == -* || "$path" == '' || "$path" == 'catalog' ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _svcsplit svcsplit
`
}

/** For zsh, which runs what bash runs. */
export function zshScript(root: ToldCommand): string {
  const script = bashScript(root).replace(/^#.*\n/, '')
  return `#compdef svcsplit
# zsh completion for svcsplit: source <(svcsplit completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${script}`
}

/** For fish: each command and option with what it does. */
export function fishScript(root: ToldCommand): string {
  const lines = flat(root).flatMap(({ path, command }) => {
    const parts = path === '' ? [] : path.split(' ')
    const here =
      parts.length === 0
        ? '__fish_use_subcommand'
        : parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ')
    const global = parts.length === 0 ? '' : ` -n ${quoted(here)}`
    return [
      ...command.commands.map(
        ({ name, description }) =>
          `complete -c svcsplit -f -n ${quoted(here)} -a ${quoted(name)} -d ${quoted(description)}`,
      ),
      ...command.options.map(({ names, description, takesValue, choices }) => {
        const spelled = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        )
        const value = takesValue ? (choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r') : ''
        return `complete -c svcsplit${global} ${spelled.join(' ')}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion for svcsplit: svcsplit completion fish | source\n${lines.join('\n')}\n`
}
