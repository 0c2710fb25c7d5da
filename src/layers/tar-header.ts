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

/** What all headers have in common, so that each is a copy with a few fields set. */
const template = Buffer.alloc(block)
template.write('0000000', 108, 'latin1')
template.write('0000000', 116, 'latin1')
template.write(`${layerTime.toString(8).padStart(11, '0')}\0        `, 136, 'latin1')
template.write('ustar\x0000', 257, 'latin1')
template.write('0000000\x000000000', 329, 'latin1')
const templateSum = template.reduce((sum, byte) => sum + byte, 0)

function ustar(
  entry: TarEntry,
  { name, prefix }: { readonly name: string; readonly prefix: string },
  target: string,
  flag: string = typeFlags[entry.type],
): Buffer {
  const header = Buffer.allocUnsafe(block)
  template.copy(header)
  const sum =
    templateSum +
    putText(header, name, 0) +
    putOctal(header, entry.mode, 100, 7) +
    putOctal(header, entry.uid, 108, 7) +
    putOctal(header, entry.gid, 116, 7) +
    putOctal(header, entry.size, 124, 11) +
    putText(header, flag, 156) +
    putText(header, target, 157) +
    putText(header, prefix, 345)
  // Blanks stood for the checksum in the sum; they are overwritten last, all but the one at the end.
  putOctal(header, sum, 148, 6)
  header[154] = 0
  return header
}

/** @returns by how much the sum of the header's bytes has grown */
function putText(header: Buffer, text: string, at: number): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i)
    sum += byte - header[at + i]!
    header[at + i] = byte
  }
  return sum
}

/** As `putText`, of a number in octal digits. */
function putOctal(header: Buffer, value: number, at: number, width: number): number {
  let sum = 0
  let rest = value
  for (let i = at + width - 1; i >= at; i--) {
    // Sizes are beyond what bitwise operators can hold.
    const byte = 0x30 + (rest % 8)
    rest = Math.floor(rest / 8)
    sum += byte - header[i]!
    header[i] = byte
  }
  if (rest !== 0) throw new RangeError(`${value} does not fit in ${width} digits of a tar header`)
  return sum
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
