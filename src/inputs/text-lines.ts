import { type FileOrigin, SvcsplitError, visible, withoutLogins } from '#errors.js'

/** No line that a person wrote is longer; a longer one is an attack or a binary file. */
const longestLine = 64 * 1024

/** A piece of a logical line: where its text begins, in the joined text and in the file. */
interface Piece {
  readonly offset: number
  readonly line: number
  readonly text: string
}

/** One line of a requirements file after joining continuation lines and cutting the comment, as pip does it. */
export interface LogicalLine {
  readonly text: string
  readonly pieces: readonly Piece[]
}

/** The place of an offset in a logical line. */
export function placeIn(path: string, line: LogicalLine, offset = 0): FileOrigin {
  let piece = line.pieces[0]!
  for (const candidate of line.pieces) if (candidate.offset <= offset) piece = candidate
  return { path, line: piece.line, column: offset - piece.offset + 1, text: withoutLogins(piece.text) }
}

/**
 * Bytes as text: UTF-8, with or without a byte order mark. Bytes that are not UTF-8 stay as U+FFFD here, and
 * `logicalLines` refuses them unless they stand in a comment.
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (utf16)
    throw new SvcsplitError('E-REQ-ENCODING', 'the file is UTF-16; only UTF-8 is read', {
      at: { path, line: 1, column: 1 },
      hint: 'save it as UTF-8',
    })
  return new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes)
}

/**
 * A comment begins at a `#` at the start of a line or after white space (pip's rule). Written without a
 * regular expression on purpose: `\s+#` takes quadratic time on a long run of blanks.
 */
function commentStart(text: string): number {
  for (let at = text.indexOf('#'); at !== -1; at = text.indexOf('#', at + 1)) {
    if (at === 0 || text[at - 1] === ' ' || text[at - 1] === '\t') return at
  }
  return -1
}

const control = /[^\P{Cc}\t]|[\u2028\u2029]/u

/** What stands where no such character may: a reader that sees it as a line end would read other requirements. */
function refuseControls(path: string, line: number, text: string): void {
  const found = control.exec(text)
  if (found === null) return
  throw new SvcsplitError('E-REQ-CONTROL', `the control character ${visible(found[0])} may not stand here`, {
    at: { path, line, column: found.index + 1, text },
  })
}

function refuseReplacement(path: string, line: number, text: string): void {
  const at = text.indexOf('\ufffd')
  if (at === -1) return
  throw new SvcsplitError('E-REQ-ENCODING', 'a byte that is not UTF-8', {
    at: { path, line, column: at + 1, text },
    hint: 'save the file as UTF-8',
  })
}

/** No backslash, nothing but ASCII: nearly every file there is. */
const plainText = /^[\t\n\x20-\x5b\x5d-\x7e]*$/

/** The logical lines of plain text; none when a line is too long, so that it is refused with its place. */
function plainLines(text: string): readonly LogicalLine[] | undefined {
  const result: LogicalLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.length > longestLine) return undefined
    const start = commentStart(raw)
    const body = (start === -1 ? raw : raw.slice(0, start)).trim()
    if (body === '') continue
    result.push({ text: body, pieces: [{ offset: 0 - raw.indexOf(body), line: index + 1, text: raw }] })
  }
  return result
}

/**
 * The logical lines of a requirements or constraints file, by pip's rules: lines end at CR LF, LF or CR; a
 * backslash at the end joins the next line (also the last line, where it means nothing); a comment line ends
 * a continuation; blank lines and comments vanish. Other line separators of Unicode are refused.
 */
export function logicalLines(text: string, path: string): readonly LogicalLine[] {
  const plain = plainText.test(text) ? plainLines(text) : undefined
  if (plain !== undefined) return plain
  const result: LogicalLine[] = []
  let joined = ''
  let pieces: Piece[] = []

  function flush(): void {
    const start = commentStart(joined)
    const body = (start === -1 ? joined : joined.slice(0, start)).trimEnd()
    const blank = body.length - body.trimStart().length
    if (body.length > blank) {
      const shifted = pieces.map((piece) => ({ ...piece, offset: piece.offset - blank }))
      result.push({ text: body.slice(blank), pieces: shifted })
    }
    joined = ''
    pieces = []
  }

  const lines = text.split(/\r\n|\n|\r/)
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    if (raw.length > longestLine)
      throw new SvcsplitError(
        'E-REQ-LIMIT',
        `a line of ${raw.length} characters; ${longestLine} are allowed`,
        {
          at: { path, line, column: 1, text: raw.slice(0, 200) },
        },
      )
    const comment = commentStart(raw)
    refuseControls(path, line, raw)
    refuseReplacement(path, line, comment === -1 ? raw : raw.slice(0, comment))
    const isComment = comment !== -1 && raw.slice(0, comment).trim() === ''
    const continues = raw.endsWith('\\') && !isComment
    pieces.push({ offset: joined.length, line, text: raw })
    joined += continues ? raw.slice(0, -1) : isComment ? '' : raw
    if (joined.length > 16 * longestLine)
      throw new SvcsplitError('E-REQ-LIMIT', 'a line continued over too much text', {
        at: { path, line, column: 1, text: raw.slice(0, 200) },
      })
    if (!continues) flush()
  }
  if (pieces.length > 0) flush()
  return result
}
