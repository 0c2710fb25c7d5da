import { type ErrorCode, SvcsplitError } from '#errors.js'

const maxNameBytes = 4096
const maxComponentBytes = 255

/** What nearly every name is, and what breaks no rule; the rest takes the slow way. */
const usual = /^(?:[\w+-][\w.+-]*(?<!\.)\/)*(?:[\w.+-]*(?<!\.))$/

const printable = /^[\x20-\x7e]*$/

/** General purpose bit 11: name and comment are UTF-8 (APPNOTE 4.4.4). */
const utf8Flag = 0x0800

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The name of a member, if every reader takes it for the same relative path on every file system.
 * @param bytes which have it from `start` to `end`
 * @throws SvcsplitError E-WHL-NAME, E-WHL-PATH with archive and member
 */
export function decodeMemberName(
  bytes: Buffer,
  start: number,
  end: number,
  flags: number,
  archive: string,
): string {
  const latin1 = bytes.toString('latin1', start, end)
  if (latin1.length > 0 && latin1.length <= maxComponentBytes && usual.test(latin1)) return latin1
  const raw = bytes.subarray(start, end)
  const ascii = printable.test(latin1)
  const name = ascii ? latin1 : decodeUtf8(raw, flags, archive)
  const refuse = (code: ErrorCode, problem: string): never => {
    throw new SvcsplitError(code, `a member's name ${problem}`, { at: { archive, member: name } })
  }
  if (raw.length === 0) refuse('E-WHL-NAME', 'is empty')
  if (raw.length > maxNameBytes) refuse('E-WHL-NAME', `is longer than ${maxNameBytes} bytes`)
  if (!ascii && /\p{C}/u.test(name)) refuse('E-WHL-NAME', 'holds a control or invisible character')
  if (name.includes('\\')) refuse('E-WHL-PATH', 'holds a backslash')
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) refuse('E-WHL-PATH', 'is absolute')
  checkComponents(name, ascii, refuse)
  return name
}

function checkComponents(
  name: string,
  ascii: boolean,
  refuse: (code: ErrorCode, problem: string) => never,
): void {
  const components = name.split('/')
  if (components.at(-1) === '') components.pop()
  for (const component of components) {
    if (component === '..') refuse('E-WHL-PATH', 'leads out of the wheel')
    if (component === '' || component === '.') refuse('E-WHL-PATH', 'is not in its shortest form')
    const last = component.charCodeAt(component.length - 1)
    if (last === 0x20 || last === 0x2e) refuse('E-WHL-NAME', 'has a part that ends in a dot or a blank')
    const bytes = ascii ? component.length : Buffer.byteLength(component)
    if (bytes > maxComponentBytes) refuse('E-WHL-NAME', `has a part longer than ${maxComponentBytes} bytes`)
  }
}

function decodeUtf8(raw: Buffer, flags: number, archive: string): string {
  const visible = raw.toString('latin1')
  try {
    const text = utf8.decode(raw)
    // Without bit 11 a reader may take the bytes for code page 437; control characters are ASCII either way.
    if ((flags & utf8Flag) !== 0 || isAscii(raw)) return text
  } catch (cause) {
    throw new SvcsplitError('E-WHL-NAME', "a member's name is not UTF-8", {
      at: { archive, member: visible },
      cause,
    })
  }
  throw new SvcsplitError('E-WHL-NAME', "a member's name is not ASCII and not marked as UTF-8", {
    at: { archive, member: visible },
  })
}

function isAscii(raw: Buffer): boolean {
  return raw.every((byte) => byte < 0x80)
}

/** Two names with one fold are one file where case or Unicode normal form do not count. */
export function foldName(name: string): string {
  return printable.test(name) ? name.toLowerCase() : name.normalize('NFC').toLowerCase().normalize('NFC')
}
