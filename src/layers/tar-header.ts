/** One entry of a tar archive (POSIX.1-1988 ustar, with POSIX.1-2001 records where ustar is too small). */
export interface TarEntry {
  readonly type: 'file' | 'folder' | 'link'
  /** Relative to `/`, without a slash at the end. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes; 0 for all but files. */
  readonly size: number
  /** Where a link points. */
  readonly target?: string
}

/**
 * The one time that every file of a layer bears, in seconds: 1980-01-01T00:00:00Z, the first that zip knows.
 * It is not 0, which several programs take for "no time".
 */
export const layerTime = 315_532_800

/** The same instant for configs and annotations. */
export const layerTimeText = '1980-01-01T00:00:00Z'

const block = 512
const typeFlags = { file: '0', link: '2', folder: '5' } as const

/** The header of an entry: one block, or three and more where path or target need an extended header. */
export function tarHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'folder' ? `${entry.path}/` : entry.path
  const target = entry.target ?? ''
  const split = splitName(name)
  const records: string[] = []
  if (split === undefined) records.push(paxRecord('path', name))
  if (!isPlain(target) || target.length > 100) records.push(paxRecord('linkpath', target))
  const own = ustar(entry, split ?? { name: plainEnd(name), prefix: '' }, plainEnd(target))
  if (records.length === 0) return own
  const body = Buffer.from(records.join(''), 'utf8')
  const extended = Buffer.alloc(block * 2 + Math.ceil(body.length / block) * block)
  const carrier: TarEntry = {
    type: 'file',
    path: 'PaxHeaders',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
  }
  ustar(carrier, { name: carrier.path, prefix: '' }, '', 'x').copy(extended)
  body.copy(extended, block)
  own.copy(extended, extended.length - block)
  return extended
}

/** What follows the bytes of a file up to the next header. */
export function paddingOf(size: number): number {
  return (block - (size % block)) % block
}

/** Two empty blocks end an archive. */
export const tarEnd = Buffer.alloc(2 * block)

function ustar(
  entry: TarEntry,
  { name, prefix }: { readonly name: string; readonly prefix: string },
  target: string,
  flag: string = typeFlags[entry.type],
): Buffer {
  const header = Buffer.alloc(block)
  header.write(name, 0, 'latin1')
  octal(header, entry.mode, 100, 8)
  octal(header, entry.uid, 108, 8)
  octal(header, entry.gid, 116, 8)
  octal(header, entry.size, 124, 12)
  octal(header, layerTime, 136, 12)
  header.write('        ', 148, 'latin1')
  header.write(flag, 156, 'latin1')
  header.write(target, 157, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  octal(header, 0, 329, 8)
  octal(header, 0, 337, 8)
  header.write(prefix, 345, 'latin1')
  let sum = 0
  for (let at = 0; at < block; at++) sum += header[at]!
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

function octal(header: Buffer, value: number, at: number, width: number): void {
  const digits = value.toString(8)
  if (digits.length > width - 1)
    throw new RangeError(`${value} does not fit in ${width} bytes of a tar header`)
  header.write(digits.padStart(width - 1, '0'), at, 'latin1')
}

/** Name and prefix as ustar keeps them, or none if the name fits in neither way. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!isPlain(name)) return undefined
  if (name.length <= 100) return { name, prefix: '' }
  // The slash at the end of a folder belongs to its name.
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2))
  if (slash < 1 || name.length - slash - 1 > 100) return undefined
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) }
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

/** What readers without extended headers see. */
function plainEnd(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(-100)
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest
  while (rest + String(length).length !== length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}
