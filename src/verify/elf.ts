/** What an ELF file says about where it runs and what it needs (System V ABI, chapters 4 and 5). */
export interface ElfFacts {
  /** `e_machine`: 62 is x86-64, 183 AArch64. */
  readonly machine: number
  readonly bits: 32 | 64
  /** DT_NEEDED */
  readonly needed: readonly string[]
  /** DT_SONAME */
  readonly soname?: string
  /** Folders of DT_RUNPATH, or of DT_RPATH where there is none, as written. */
  readonly runPath: readonly string[]
}

const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
const tags = { end: 0n, needed: 1n, stringTable: 5n, stringSize: 10n, soname: 14n, rpath: 15n, runpath: 29n }
const segment = { load: 1, dynamic: 2 }

/** Real files have a dozen segments and at most some hundred needed libraries. */
const mostSegments = 4096
const mostDynamic = 65_536
const mostNeeded = 4096
const longestName = 4096

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && magic.equals(bytes.subarray(0, 4))
}

/**
 * Reads the dynamic section through the program headers, as the loader does; sections may be stripped.
 * @returns the facts, or a text that says why the file cannot be read
 */
export function readElf(bytes: Buffer): ElfFacts | string {
  try {
    return read(bytes)
  } catch (error) {
    // What lies outside of the file is the only thing that reading a buffer can throw.
    if (error instanceof RangeError) return 'a table of it lies outside of the file'
    throw error
  }
}

function read(bytes: Buffer): ElfFacts | string {
  if (!isElf(bytes) || bytes.length < 52) return 'not a whole ELF header'
  const bits = bytes[4] === 2 ? 64 : bytes[4] === 1 ? 32 : undefined
  if (bits === undefined) return 'neither 32 nor 64 bits'
  if (bytes[5] !== 1) return 'not little-endian'
  const wide = bits === 64
  const u16 = (at: number): number => bytes.readUInt16LE(at)
  const u32 = (at: number): number => bytes.readUInt32LE(at)
  const word = (at: number): bigint => (wide ? bytes.readBigUInt64LE(at) : BigInt(u32(at)))
  const offset = (value: bigint): number => {
    if (value > BigInt(bytes.length)) throw new RangeError('outside')
    return Number(value)
  }
  const machine = u16(18)
  const count = u16(wide ? 56 : 44)
  const step = u16(wide ? 54 : 42)
  if (count > mostSegments || step < (wide ? 56 : 32))
    return count === 0 ? 'no segments' : 'impossible program headers'
  const table = offset(word(wide ? 32 : 28))
  const loads: { readonly from: bigint; readonly to: bigint; readonly offset: bigint }[] = []
  let dynamic: { readonly at: number; readonly size: number } | undefined
  for (let index = 0; index < count; index++) {
    const at = table + index * step
    const type = u32(at)
    const fileOffset = word(at + (wide ? 8 : 4))
    const address = word(at + (wide ? 16 : 8))
    const size = word(at + (wide ? 32 : 16))
    if (type === segment.load) loads.push({ from: address, to: address + size, offset: fileOffset })
    if (type === segment.dynamic) dynamic = { at: offset(fileOffset), size: offset(size) }
  }
  if (dynamic === undefined) return { machine, bits, needed: [], runPath: [] }

  const entrySize = wide ? 16 : 8
  const values: { readonly tag: bigint; readonly value: bigint }[] = []
  const most = Math.min(Math.floor(dynamic.size / entrySize), mostDynamic)
  for (let index = 0; index < most; index++) {
    const at = dynamic.at + index * entrySize
    const tag = word(at)
    if (tag === tags.end) break
    values.push({ tag, value: word(at + entrySize / 2) })
  }
  const first = (tag: bigint): bigint | undefined => values.find((entry) => entry.tag === tag)?.value
  const stringAddress = first(tags.stringTable)
  const strings = loads.find(
    ({ from, to }) => stringAddress !== undefined && from <= stringAddress && stringAddress < to,
  )
  if (stringAddress === undefined || strings === undefined) return 'its table of names is in no segment'
  const start = offset(strings.offset + (stringAddress - strings.from))
  const end = Math.min(bytes.length, start + offset(first(tags.stringSize) ?? 0n))
  const text = (value: bigint): string => {
    const at = start + offset(value)
    const stop = bytes.subarray(at, Math.min(end, at + longestName)).indexOf(0)
    if (at >= end || stop < 0) throw new RangeError('outside')
    return bytes.toString('utf8', at, at + stop)
  }
  const needed = values.filter(({ tag }) => tag === tags.needed)
  if (needed.length > mostNeeded) return `${needed.length} needed libraries`
  const soname = first(tags.soname)
  const runPath = first(tags.runpath) ?? first(tags.rpath)
  return {
    machine,
    bits,
    needed: needed.map(({ value }) => text(value)),
    ...(soname === undefined ? {} : { soname: text(soname) }),
    runPath:
      runPath === undefined
        ? []
        : text(runPath)
            .split(':')
            .filter((folder) => folder !== ''),
  }
}
