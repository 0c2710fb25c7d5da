import { SvcsplitError } from '#errors.js'

/** Section -> option -> value; the lines of a value that goes on over several are kept apart by newlines. */
export type SetupCfg = ReadonlyMap<string, ReadonlyMap<string, string>>

/** A line `key = value` may also have a colon (configparser). */
const option = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/

/**
 * The part of Python's configparser format that setup.cfg uses: sections, `key = value`, values that go on in
 * indented lines, comments in lines of their own. @throws E-REQ-SYNTAX
 */
export function parseSetupCfg(text: string, path: string): SetupCfg {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let key: string | undefined
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const plain = line.trim()
    if (plain === '' || plain.startsWith('#') || plain.startsWith(';')) continue
    const heading = /^\[([^\]]+)\]$/.exec(plain)
    if (heading !== null && !/^\s/.test(line)) {
      section = sections.get(heading[1]!) ?? new Map()
      sections.set(heading[1]!, section)
      key = undefined
    } else if (/^\s/.test(line) && key !== undefined) {
      section!.set(key, `${section!.get(key)}\n${plain}`)
    } else {
      const found = option.exec(plain)
      if (found === null || section === undefined)
        throw new SvcsplitError('E-REQ-SYNTAX', 'this is neither a section nor an option', {
          at: { path, line: index + 1, column: 1, text: line },
        })
      key = found[1]!.toLowerCase()
      section.set(key, found[2]!)
    }
  }
  return sections
}

/** The lines of a value, without comments. */
export function linesOf(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
}
