import { SvcsplitError } from '#errors.js'

/** A command that a distribution asks for: `name = module:attribute` (entry points specification). */
export interface ScriptEntryPoint {
  readonly group: 'console_scripts' | 'gui_scripts'
  readonly name: string
  readonly module: string
  /** Dotted. */
  readonly attribute: string
}

const identifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u
const scriptName = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/
const maxScriptName = 255

/**
 * The scripts that `entry_points.txt` asks for, in file order. Other groups are not looked at: nothing of them
 * becomes a file.
 * @throws SvcsplitError E-WHL-ENTRYPOINT with archive and member
 */
export function parseScriptEntryPoints(
  text: string,
  archive: string,
  member: string,
): readonly ScriptEntryPoint[] {
  const found = new Map<string, ScriptEntryPoint>()
  let group: string | undefined
  let line = 0
  for (const written of text.split(/\r\n|\r|\n/)) {
    line++
    const content = written.trim()
    const refuse = (problem: string): never => {
      throw new SvcsplitError('E-WHL-ENTRYPOINT', `line ${line} ${problem}`, { at: { archive, member } })
    }
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue
    if (content.startsWith('[')) {
      if (!content.endsWith(']')) refuse('opens a group and does not close it')
      group = content.slice(1, -1).trim()
      continue
    }
    if (group !== 'console_scripts' && group !== 'gui_scripts') continue
    const script = parseScript(group, content, refuse)
    const other = found.get(script.name)
    if (other !== undefined && (other.module !== script.module || other.attribute !== script.attribute))
      refuse(`defines ${script.name} a second time`)
    found.set(script.name, other ?? script)
  }
  return [...found.values()]
}

function parseScript(
  group: ScriptEntryPoint['group'],
  content: string,
  refuse: (problem: string) => never,
): ScriptEntryPoint {
  const equals = content.indexOf('=')
  if (equals < 0) refuse('is not "name = module:attribute"')
  const name = content.slice(0, equals).trim()
  if (!scriptName.test(name) || name.length > maxScriptName)
    refuse(`names a script ${JSON.stringify(name)}, which cannot be a command`)
  // The extras of an entry point are deprecated and say nothing about the script.
  const target = content
    .slice(equals + 1)
    .replace(/\[[^[\]]*\]\s*$/, '')
    .trim()
  const colon = target.indexOf(':')
  if (colon < 0) refuse(`names no attribute to call for the script ${name}`)
  const module = target.slice(0, colon).trim()
  const attribute = target.slice(colon + 1).trim()
  for (const dotted of [module, attribute])
    if (!dotted.split('.').every((part) => identifier.test(part)))
      refuse(`gives the script ${name} a target that is not module:attribute`)
  return { group, name, module, attribute }
}

/** The command itself: imports what the entry point names and exits with what it returns. */
export function scriptWrapper(script: ScriptEntryPoint, interpreter: string): Buffer {
  const imported = script.attribute.split('.')[0]!
  return Buffer.from(
    `#!${interpreter}\nimport sys\nfrom ${script.module} import ${imported}\n` +
      `if __name__ == '__main__':\n    sys.exit(${script.attribute}())\n`,
    'utf8',
  )
}
