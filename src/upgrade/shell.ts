import { SvcsplitError, visible } from '#errors.js'

/**
 * The one way in which a value gets into a line of shell: read back by any POSIX shell, it is the same text.
 * @throws E-CLI-USAGE for control characters, which no line can hold
 */
export function shellWord(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new SvcsplitError(
      'E-CLI-USAGE',
      `a command cannot hold the control character in "${visible(text)}"`,
    )
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Program and arguments as one line. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}

/** A script for a shell of its own, as one line; it ends after `seconds`. */
export function bounded(seconds: number, script: string): string {
  return shellLine(['timeout', String(seconds), 'sh', '-c', script])
}
