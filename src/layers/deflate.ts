/**
 * A small deflate encoder (RFC 1951) for what a wheel has no deflate stream for: tar headers, padding, files
 * that are stored or made on the way. It is own code because its output is part of every layer's digest, and
 * each version and build of zlib packs differently. Greedy matching, fixed codes; stored where that is no longer.
 */
export function deflate(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(deflateRoom(input.length))
  return output.subarray(0, deflateInto(input, output, 0))
}

/** As `deflate`, into `output` from `at` on, where `deflateRoom` bytes are free. @returns where the stream ends */
export function deflateInto(input: Buffer, output: Buffer, at: number): number {
  const end = deflateFixed(input, output, at)
  return end - at <= storedSize(input.length) ? end : deflateStored(input, output, at)
}

/** Nine bits at most for a literal; a match never takes more than the literals it stands for. */
export function deflateRoom(length: number): number {
  return Math.max(Math.ceil((length * 9) / 8) + 8, storedSize(length))
}

const maxStored = 0xffff
const minMatch = 4
const maxMatch = 258
const windowSize = 32_768

/** Where four bytes with this hash stood last. One table for all calls: most inputs are a single tar header. */
const lastSeen = new Int32Array(1 << 15)

function storedSize(length: number): number {
  return length + 5 * Math.max(1, Math.ceil(length / maxStored))
}

function deflateStored(input: Buffer, output: Buffer, at: number): number {
  let to = at
  let from = 0
  do {
    const length = Math.min(maxStored, input.length - from)
    output[to] = from + length === input.length ? 1 : 0
    output.writeUInt16LE(length, to + 1)
    output.writeUInt16LE(length ^ 0xffff, to + 3)
    input.copy(output, to + 5, from, from + length)
    to += 5 + length
    from += length
  } while (from < input.length)
  return to
}

/** One block with the fixed codes. The loop is flat because it sees every byte of every header. */
function deflateFixed(input: Buffer, output: Buffer, start: number): number {
  const size = input.length
  const hashShift = size < 4096 ? 22 : 17
  const last = lastSeen.fill(-1, 0, 1 << (32 - hashShift))
  const lastStart = size - minMatch
  let to = start
  // The last block (1), with fixed codes (01), written from the lowest bit.
  let bits = 0b011
  let count = 3
  let at = 0
  while (at < size) {
    let length = 0
    let distance = 0
    if (at <= lastStart) {
      const word = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)
      const slot = Math.imul(word, 0x9e3779b1) >>> hashShift
      const candidate = last[slot]!
      last[slot] = at
      distance = at - candidate
      if (candidate >= 0 && distance <= windowSize) {
        const limit = Math.min(maxMatch, size - at)
        while (length < limit && input[candidate + length] === input[at + length]) length++
      }
    }
    const code = length < minMatch ? literalCodes[input[at]!]! : lengthCodes[length]!
    bits |= (code >>> 4) << count
    count += code & 15
    while (count >= 8) {
      output[to++] = bits
      bits >>>= 8
      count -= 8
    }
    if (length < minMatch) {
      at++
      continue
    }
    const symbol = distanceSymbol(distance)
    bits |= (distanceCodes[symbol]! | ((distance - distanceBases[symbol]!) << 5)) << count
    count += 5 + distanceExtras[symbol]!
    while (count >= 8) {
      output[to++] = bits
      bits >>>= 8
      count -= 8
    }
    at += length
  }
  // The end of the block is seven zero bits.
  count += 7
  while (count > 0) {
    output[to++] = bits
    bits >>>= 8
    count -= 8
  }
  return to
}

const lengthExtras = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
]
const distanceExtras = Uint8Array.of(
  0,
  0,
  0,
  0,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  5,
  6,
  6,
  7,
  7,
  8,
  8,
  9,
  9,
  10,
  10,
  11,
  11,
  12,
  12,
  13,
  13,
)
const distanceBases = Uint16Array.of(
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  13,
  17,
  25,
  33,
  49,
  65,
  97,
  129,
  193,
  257,
  385,
  513,
  769,
  1025,
  1537,
  2049,
  3073,
  4097,
  6145,
  8193,
  12289,
  16385,
  24577,
)
const distanceCodes = Uint8Array.from({ length: 30 }, (_, symbol) => reversed(symbol, 5))

/** Per byte: its code in the order of the stream, times 16, plus its width in bits. */
const literalCodes = Uint16Array.from({ length: 256 }, (_, byte) => fixedCode(byte))

/** Per length of a match: code and extra bits, as above. */
const lengthCodes = Int32Array.from({ length: maxMatch + 1 }, (_, length) => {
  if (length < lengthBases[0]!) return 0
  const index = length === maxMatch ? 28 : lengthBases.slice(0, -1).findLastIndex((base) => base <= length)
  const code = fixedCode(257 + index)
  const width = code & 15
  return (((code >>> 4) | ((length - lengthBases[index]!) << width)) << 4) | (width + lengthExtras[index]!)
})

/** The fixed Huffman codes of RFC 1951, 3.2.6. */
function fixedCode(symbol: number): number {
  const [code, width] =
    symbol < 144
      ? [0x30 + symbol, 8]
      : symbol < 256
        ? [0x190 + symbol - 144, 9]
        : symbol < 280
          ? [symbol - 256, 7]
          : [0xc0 + symbol - 280, 8]
  return (reversed(code, width) << 4) | width
}

function distanceSymbol(distance: number): number {
  if (distance <= 4) return distance - 1
  // Two symbols for each power of two (RFC 1951, 3.2.5).
  const power = 31 - Math.clz32(distance - 1)
  return 2 * power + (((distance - 1) >>> (power - 1)) & 1)
}

function reversed(code: number, width: number): number {
  let result = 0
  for (let bit = 0; bit < width; bit++) result |= ((code >>> bit) & 1) << (width - 1 - bit)
  return result
}
