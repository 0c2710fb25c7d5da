/** What `\s` and `str.strip()` mean in Python; JavaScript's own set differs (U+001C..1F, U+0085, U+FEFF). */
export function isPythonSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f)
  if (code < 0x85) return false
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}

/** The first offset at or after `start` that is not Python white space. */
export function skipPythonSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && isPythonSpace(text.charCodeAt(at))) at++
  return at
}

/** Python's `str.strip()`. */
export function stripPythonSpace(text: string): string {
  const start = skipPythonSpace(text, 0)
  let end = text.length
  while (end > start && isPythonSpace(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

export function isAsciiLetterOrDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** Whether the character at `at` belongs to a word in the sense of Python's `\w` and `\b`; false beyond the ends. */
export function isWordAt(text: string, at: number): boolean {
  const code = text.codePointAt(at)
  if (code === undefined) return false
  if (code < 0x80) return isAsciiLetterOrDigit(code) || code === 0x5f
  return /[\p{L}\p{N}]/u.test(String.fromCodePoint(code))
}
