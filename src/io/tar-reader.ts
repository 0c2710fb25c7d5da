/** One entry as it stands in a tar archive, extended headers applied. */
export interface ReadTarEntry {
  /** As written, without `./` before and slashes behind it. */
  readonly path: string
  /** `0` file, `1` hard link, `2` symbolic link, `3` to `6` devices, folders and pipes. */
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly target: string
}

interface TarVisitor {
  /** @returns true if the bytes of this file are wanted at once, `pieces` if they are wanted as they come */
  entry(entry: ReadTarEntry): boolean | 'pieces'
  /** The bytes of the last entry that was wanted. */
  file?(bytes: Buffer): void
  /** The next bytes of the last entry that was wanted in pieces. */
  piece?(bytes: Buffer): void
  /** The last entry that was wanted in pieces is complete. */
  complete?(): void
}

/** Throws the error of whoever reads: what is wrong, and with which entry. */
export type RefuseTar = (problem: string, member?: string) => never

const block = 512
/** Mode, owner, group, time, and both numbers of a device. Some readers stop at one that is none, as if at the end. */
const numbers = [
  [100, 8],
  [108, 8],
  [116, 8],
  [136, 12],
  [329, 8],
  [337, 8],
] as const
const maxExtended = 1024 * 1024
const maxWanted = 64 * 1024 * 1024
/** Of extended headers, what is read here; of others a header may say several things, as of the holes of a file. */
const knownKeys = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'mtime'])

/**
 * Walks a tar archive (POSIX ustar with PAX and GNU names) piece by piece. It ends always: an archive that breaks off,
 * that has a broken checksum, that goes on after its end or says one thing of an entry twice is
 * refused, since two readers would see two archives.
 * @throws what `refuse` throws
 */
export function tarWalker(visitor: TarVisitor, refuse: RefuseTar) {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  let pieces = 0
  let zeros = 0
  let collect: { left: number; readonly parts: Buffer[]; readonly done: (bytes: Buffer) => void } | undefined
  let pax = new Map<string, string>()
  const flags = new Set<string>()
  let globals = new Map<string, string>()
  const take = (size: number, done: (bytes: Buffer) => void): void => {
    if (size > maxWanted) refuse(`a file of ${size} bytes`)
    collect = { left: size, parts: [], done }
    skip = (block - (size % block)) % block
    if (size === 0) finishCollect()
  }
  const finishCollect = (): void => {
    const { parts, done } = collect!
    collect = undefined
    done(Buffer.concat(parts))
  }

  /** Readers differ on which of two headers, or of two words, counts. */
  const say = (records: ReadonlyMap<string, string>, flag: string): void => {
    if (flags.has(flag)) refuse('two extended headers of one kind for an entry')
    flags.add(flag)
    for (const [key, value] of records) {
      if (pax.has(key) && knownKeys.has(key)) refuse(`two words on the ${key} of an entry`)
      pax.set(key, value)
    }
  }

  const header = (bytes: Buffer): void => {
    if (isZero(bytes)) {
      zeros++
      return
    }
    if (zeros > 0) refuse('entries after its end')
    if (!checksumFits(bytes)) refuse('a header whose checksum is wrong')
    for (const [at, width] of numbers)
      if (!Number.isSafeInteger(number(bytes, at, width))) refuse('a header in which a number is none')
    const flag = String.fromCharCode(bytes[156]! === 0 ? 0x30 : bytes[156]!)
    const size =
      pax.has('size') && flag !== 'x' && flag !== 'g' ? Number(pax.get('size')) : number(bytes, 124, 12)
    if (!Number.isSafeInteger(size) || size < 0) refuse('an entry with an impossible size')
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      if (size > maxExtended) refuse('an extended header larger than anything legitimate')
      take(size, (body) => {
        if (flag === 'g') globals = new Map([...globals, ...globalRecords(body, refuse)])
        else if (flag === 'x') say(paxRecords(body, refuse), flag)
        else say(new Map([[flag === 'L' ? 'path' : 'linkpath', cString(body)]]), flag)
      })
      return
    }
    const fields = new Map([...globals, ...pax])
    pax = new Map()
    flags.clear()
    const prefix = bytes.toString('latin1', 257, 263) === 'ustar\0' ? text(bytes, 345, 155) : ''
    const name = text(bytes, 0, 100)
    const path = fields.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`)
    const entry: ReadTarEntry = {
      path: path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, ''),
      type: flag === '7' ? '0' : flag,
      mode: number(bytes, 100, 8),
      uid: Number(fields.get('uid') ?? number(bytes, 108, 8)),
      gid: Number(fields.get('gid') ?? number(bytes, 116, 8)),
      size,
      mtime: Number(fields.get('mtime') ?? number(bytes, 136, 12)),
      target: fields.get('linkpath') ?? text(bytes, 157, 100),
    }
    if (!'0123456'.includes(entry.type))
      refuse(`an entry of the unknown type ${JSON.stringify(flag)}`, entry.path)
    if (path.includes('\0')) refuse('a path with a zero byte')
    if (entry.type !== '0' && size > 0) refuse('bytes where none belong', entry.path)
    const wanted = visitor.entry(entry)
    if (wanted === true) {
      take(size, (body) => visitor.file?.(body))
      return
    }
    skip = (block - (size % block)) % block
    if (wanted === false) skip += size
    else if (size > 0) pieces = size
    else visitor.complete?.()
  }

  return {
    push(chunk: Buffer): void {
      let at = 0
      while (at < chunk.length) {
        if (collect !== undefined) {
          const part = chunk.subarray(at, at + collect.left)
          collect.parts.push(part)
          collect.left -= part.length
          at += part.length
          if (collect.left === 0) finishCollect()
        } else if (pieces > 0) {
          const part = chunk.subarray(at, at + pieces)
          pieces -= part.length
          at += part.length
          visitor.piece?.(part)
          if (pieces === 0) visitor.complete?.()
        } else if (skip > 0) {
          const step = Math.min(skip, chunk.length - at)
          skip -= step
          at += step
        } else {
          const need = block - rest.length
          const part = chunk.subarray(at, at + need)
          at += part.length
          if (rest.length > 0) rest = Buffer.concat([rest, part])
          else rest = part
          if (rest.length < block) return
          const full = rest
          rest = Buffer.alloc(0)
          header(full)
        }
      }
    },
    end(): void {
      if (collect !== undefined || pieces > 0 || skip > 0 || rest.length > 0) refuse('it breaks off')
    },
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(emptyBlock)
}

const emptyBlock = Buffer.alloc(block)

function checksumFits(bytes: Buffer): boolean {
  let sum = 8 * 0x20
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += bytes[at]!
  return number(bytes, 148, 8) === sum
}

function text(bytes: Buffer, at: number, width: number): string {
  return cString(bytes.subarray(at, at + width))
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

/** Octal digits, or GNU's base 256 for what does not fit: 0x80 before a number, 0xff before one below zero. */
function number(bytes: Buffer, at: number, width: number): number {
  const first = bytes[at]!
  if (first === 0x80 || first === 0xff) {
    let value = first === 0x80 ? 0 : -1
    for (let i = 1; i < width; i++) value = value * 256 + bytes[at + i]!
    return value
  }
  const digits = text(bytes, at, width).trim()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** Readers differ on whether a name or a size for all entries counts. */
function globalRecords(body: Buffer, refuse: RefuseTar): ReadonlyMap<string, string> {
  const records = paxRecords(body, refuse)
  for (const key of ['path', 'linkpath', 'size'])
    if (records.has(key)) refuse(`a ${key} for all of its entries`)
  return records
}

function paxRecords(body: Buffer, refuse: RefuseTar): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < body.length; ) {
    const blank = body.indexOf(0x20, at)
    const digits = body.toString('latin1', at, Math.max(blank, at))
    const end = at + Number(digits)
    if (!/^[1-9][0-9]{0,9}$/.test(digits) || end > body.length || body[end - 1] !== 0x0a)
      return refuse('an extended header that cannot be read')
    const equals = body.indexOf(0x3d, blank)
    if (equals < 0 || equals >= end) return refuse('an extended header that cannot be read')
    const key = body.toString('utf8', blank + 1, equals)
    const value = body.toString('utf8', equals + 1, end - 1)
    if (records.has(key) && knownKeys.has(key)) return refuse(`two words on the ${key} of an entry`)
    if (/^(?:size|uid|gid)$/.test(key) && !/^\d+$/.test(value))
      return refuse(`the ${key} ${JSON.stringify(value.slice(0, 40))}`)
    records.set(key, value)
    at = end
  }
  return records
}
