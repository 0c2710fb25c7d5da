import { SvcsplitError } from '#errors.js'

/**
 * Where a value stands in a Containerfile:
 * `json` an element of an exec form (`CMD ["..."]`), `shell` a word of a `RUN` line,
 * `variable` the value of `ENV`, `LABEL` or `ARG`, `comment` the rest of a comment line.
 */
export type Place = 'json' | 'shell' | 'variable' | 'comment'

/**
 * The one way in which a value gets into a Containerfile: read back at its place, it is the same text, and it
 * can neither end its line nor be expanded. Control characters are refused, since no place can hold them all;
 * in comments they are shown.
 * @throws E-PRF-SCHEMA
 */
export function quote(value: string, place: Place): string {
  if (place === 'comment') return shown(value)
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u.test(value))
    throw new SvcsplitError(
      'E-PRF-SCHEMA',
      `a Containerfile cannot hold the control character in "${shown(value)}"`,
    )
  switch (place) {
    case 'json':
      return JSON.stringify(value)
    case 'shell':
      return `'${value.replaceAll("'", `'\\''`)}'`
    case 'variable':
      return `"${value.replace(/[\\"$]/g, '\\$&')}"`
  }
}

/** A list in exec form: no shell sees it. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => quote(value, 'json')).join(', ')}]`
}

/** On one line, and not ending in the character that would join the next line to it. */
function shown(value: string): string {
  const oneLine = value.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
  return oneLine.replace(/[\\`]\s*$/, '$&.')
}
