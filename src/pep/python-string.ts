/** A string literal that was read, or what is wrong with it. */
export type PythonString =
  | { readonly value: string; readonly end: number }
  | { readonly problem: string; readonly offset: number }

const simple: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])
const octal = /[0-7]{1,3}/y
const hexDigits: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
])

/**
 * Reads the quoted string at `start` as the grammar of markers has it: it ends at the next quote of its kind, and
 * what is between is a Python string literal with Python's escapes. Escapes by character name (`\N{..}`) are
 * refused: they would need the whole table of names.
 */
export function readPythonString(text: string, start: number): PythonString {
  const close = text.indexOf(text[start]!, start + 1)
  if (close === -1) return { problem: 'the quoted string has no end', offset: start }
  const raw = text.slice(start + 1, close)
  const bad = raw.search(/[\0\r\n]/)
  if (bad !== -1 && !(raw[bad] === '\n' && raw[bad - 1] === '\\'))
    return { problem: 'a quoted string holds a line break or a NUL', offset: start + 1 + bad }
  if (!raw.includes('\\')) return { value: raw, end: close + 1 }

  let value = ''
  for (let at = 0; at < raw.length; ) {
    const backslash = raw.indexOf('\\', at)
    if (backslash === -1) {
      value += raw.slice(at)
      break
    }
    value += raw.slice(at, backslash)
    const read = readEscape(raw, backslash)
    if (read === undefined)
      return { problem: 'the quoted string has a broken escape', offset: start + 1 + backslash }
    value += read.value
    at = read.end
  }
  return { value, end: close + 1 }
}

/** The escape whose backslash stands at `at`; one that Python does not know stands for itself. */
function readEscape(raw: string, at: number): { value: string; end: number } | undefined {
  const letter = raw[at + 1]
  if (letter === undefined || letter === 'N') return undefined
  const plain = simple.get(letter)
  if (plain !== undefined) return { value: plain, end: at + 2 }
  octal.lastIndex = at + 1
  const digits = octal.exec(raw)?.[0]
  if (digits !== undefined)
    return { value: String.fromCharCode(Number.parseInt(digits, 8)), end: at + 1 + digits.length }
  const length = hexDigits.get(letter)
  if (length === undefined) return { value: `\\${letter}`, end: at + 2 }
  const hex = raw.slice(at + 2, at + 2 + length)
  const code = Number.parseInt(hex, 16)
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < length || code > 0x10ffff) return undefined
  return { value: String.fromCodePoint(code), end: at + 2 + length }
}
