/** Numbers from 0 to below 1. */
type Chance = () => number

export function pick<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)]!
}

/** What breaks parsers: ends of lines and of strings, numbers at the edges, names with a meaning, odd encodings. */
const everywhere = [
  ...[
    '',
    '\0',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '\u001b[2J',
    '\u202e',
    '\ufeff',
    '\u2028',
    '\ud800',
    'é',
    '\u00a0',
  ],
  ...[
    '0',
    '-1',
    '1e400',
    '4294967296',
    '9007199254740993',
    '99999999999999999999999999',
    '0x10',
    '1_000',
    'NaN',
  ],
  ...[
    '"',
    "'",
    '\\',
    '`',
    '$',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '=',
    '==',
    ',',
    ';',
    ':',
    '/',
    '..',
    '@',
    '%00',
    '#',
  ],
  ...['__proto__', 'constructor', 'null', 'true', '../../etc/passwd', 'file:///x', '%zz'],
].map((text) => Buffer.from(text))

/** One to four changes of the bytes: flipped, cut out, doubled, moved, put in, or spliced with another input. */
export function mutate(
  chance: Chance,
  seeds: readonly Buffer[],
  words: readonly Buffer[] = everywhere,
): Buffer {
  let bytes: Buffer = Buffer.from(pick(chance, seeds))
  for (let left = 1 + Math.floor(chance() * 4); left > 0; left--) bytes = change(chance, bytes, seeds, words)
  return bytes
}

function change(chance: Chance, bytes: Buffer, seeds: readonly Buffer[], words: readonly Buffer[]): Buffer {
  const at = Math.floor(chance() * (bytes.length + 1))
  const to = Math.min(bytes.length, at + Math.floor(chance() ** 3 * bytes.length) + 1)
  const [head, piece, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)]
  switch (Math.floor(chance() * 8)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (at < flipped.length) flipped[at]! ^= 1 << Math.floor(chance() * 8)
      return flipped
    }
    case 1: {
      const set = Buffer.from(bytes)
      if (at < set.length) set[at] = Math.floor(chance() * 256)
      return set
    }
    case 2:
      return Buffer.concat([head, tail])
    case 3:
      return Buffer.concat([head, piece, piece, tail])
    case 4:
      return Buffer.concat([head, pick(chance, words), bytes.subarray(at)])
    case 5:
      return Buffer.concat([head, pick(chance, words), tail])
    case 6: {
      const word = pick(chance, words)
      return Buffer.concat([head, ...Array(Math.floor(chance() ** 4 * 2000)).fill(word), bytes.subarray(at)])
    }
    default: {
      const other = pick(chance, seeds)
      return Buffer.concat([head, other.subarray(Math.floor(chance() * other.length))])
    }
  }
}

/** What a parser knows of: its words beside those that break any. */
export function wordsOf(...own: readonly string[]): readonly Buffer[] {
  return [...everywhere, ...own.flatMap((text) => [Buffer.from(text), Buffer.from(text)])]
}

/** Makes the checksums of tar headers right again: a change would else be seen by the checksum alone. */
export function mendTar(bytes: Buffer): Buffer {
  const mended = Buffer.from(bytes)
  for (let at = 0; at + 512 <= mended.length; at += 512) {
    const header = mended.subarray(at, at + 512)
    if (header.toString('latin1', 257, 262) !== 'ustar') continue
    header.fill(0x20, 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  }
  return mended
}
