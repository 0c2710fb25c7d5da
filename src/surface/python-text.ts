/** Python source as text, or why it is none. */
type PythonText = { readonly text: string } | { readonly problem: string; readonly line: number }

/** No source that a person wrote is larger; generated tables of names are a tenth of it. */
const maxBytes = 16 * 1024 * 1024

/** PEP 263: a comment in one of the first two lines, the first of which may only be a comment or blank. */
const cookie = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/
const blankOrComment = /^[ \t\f]*(?:#.*)?$/

/** Names of Python's codecs that the decoder of the platform spells otherwise. */
const codecs: Readonly<Record<string, string>> = {
  'utf-8-sig': 'utf-8',
  utf8: 'utf-8',
  'latin-1': 'latin1',
  'iso-latin-1': 'latin1',
  cp936: 'gbk',
  cp932: 'shift_jis',
  euc_jp: 'euc-jp',
  euc_kr: 'euc-kr',
}

/**
 * Decodes a source as CPython does (PEP 263): byte order mark, coding comment, else UTF-8. A source that CPython would
 * refuse to decode, or that holds a null byte, is a problem and not text.
 */
export function decodePython(bytes: Uint8Array): PythonText {
  if (bytes.length > maxBytes) return { problem: `${bytes.length} bytes`, line: 1 }
  const nul = bytes.indexOf(0)
  if (nul >= 0) return { problem: 'a null byte', line: lineAt(bytes, nul) }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const body = marked ? bytes.subarray(3) : bytes
  const found = codingOf(body)
  const encoding = codecNamed(found?.name)
  if (encoding === undefined || (marked && encoding !== 'utf-8'))
    return { problem: `the encoding ${found?.name}`, line: found?.line ?? 1 }
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(body)
    return { text: text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text }
  } catch {
    return { problem: `bytes that are not ${encoding}`, line: 1 }
  }
}

function lineAt(bytes: Uint8Array, end: number): number {
  let line = 1
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) line++
  return line
}

function codingOf(bytes: Uint8Array): { readonly name: string; readonly line: number } | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1000)).toString('latin1')
  const [first = '', second = ''] = head.split(/\r\n?|\n/, 2)
  const one = cookie.exec(first)
  if (one !== null) return { name: one[1]!, line: 1 }
  const two = blankOrComment.test(first) ? cookie.exec(second) : null
  return two === null ? undefined : { name: two[1]!, line: 2 }
}

/** Python reads `utf_8` and `UTF-8-unix` as UTF-8, and likewise latin-1. */
function codecNamed(name: string | undefined): string | undefined {
  if (name === undefined) return 'utf-8'
  const lower = name.toLowerCase().replaceAll('_', '-')
  if (/^utf-8(?:-|$)/.test(lower)) return 'utf-8'
  if (/^(?:latin-1|iso-8859-1|iso-latin-1)(?:-|$)/.test(lower)) return 'latin1'
  const label = codecs[name.toLowerCase()] ?? codecs[lower] ?? lower
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}
