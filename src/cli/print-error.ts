import {
  exitCodeOf,
  type FileOrigin,
  formatOrigin,
  type Origin,
  SvcsplitError,
  visible,
  withoutLogins,
} from '#errors.js'
import { fsError } from '#io/errno.js'

const longestLine = 160
const longestMessage = 2000

/** The source line with a caret under the column, or nothing where no line is known. */
function caret(origin: FileOrigin): string[] {
  if (origin.text === undefined || origin.column === undefined) return []
  const line = withoutLogins(origin.text)
  const from = Math.max(0, origin.column - 1 - longestLine / 2)
  const text = visible(line.slice(from, from + longestLine))
  const before = visible(line.slice(from, origin.column - 1))
  return [`    ${text}`, `    ${' '.repeat(before.length)}^`]
}

function place(origin: Origin): string[] {
  const isFile = 'path' in origin
  if (isFile && origin.path === '' && origin.text === undefined) return []
  const where = isFile && origin.path === '' ? [] : [`  at ${visible(formatOrigin(origin))}`]
  return isFile ? [...where, ...caret(origin)] : where
}

/** A message may quote anything: no line of it is an instruction to a terminal or a CI system. */
function printable(message: string): string {
  return message
    .split('\n')
    .map((line) => visible(line, longestMessage))
    .join('\n')
}

/** An error as a person reads it: what, where, what to do. */
export function describeError(thrown: unknown, debug: boolean): { text: string; exitCode: number } {
  const error = ofTheSystem(thrown)
  if (!(error instanceof SvcsplitError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const lines = debug
      ? [stack]
      : [
          `error: internal: ${visible(error instanceof Error ? error.message : String(error))}`,
          '  this is a bug in svcsplit: please report it with the output of the same command and --debug',
        ]
    return { text: withoutLogins(`${lines.join('\n')}\n`), exitCode: 70 }
  }
  const lines = [`error: ${printable(error.message)} [${error.code}]`]
  if (error.at !== undefined) lines.push(...place(error.at))
  if (error.hint !== undefined) lines.push(`  ${printable(error.hint)}`)
  if (debug && error.stack !== undefined) lines.push(error.stack)
  if (debug && error.cause instanceof Error) lines.push(`caused by ${error.cause.stack}`)
  return { text: withoutLogins(`${lines.join('\n')}\n`), exitCode: exitCodeOf(error.code) }
}

/**
 * Code that is loaded when it is first needed can meet a full table of open files, or a disk that fails, before any
 * of it runs: that is the machine's fault, and no bug.
 */
function ofTheSystem(error: unknown): unknown {
  const { path, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return typeof path === 'string' && typeof syscall === 'string' ? fsError(error, syscall, path) : error
}
