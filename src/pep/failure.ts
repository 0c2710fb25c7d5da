import { type ErrorCode, SvcsplitError } from '#errors.js'

/** Longer lines are cut before they travel with an error: a caret beyond this helps nobody. */
const maxLine = 4096

/**
 * An error at a place of `text`; `offset` counts from 0. The path is empty: only the caller knows the file
 * and the line, and puts its own origin there.
 */
export function failure(
  code: ErrorCode,
  message: string,
  text: string,
  offset: number,
  hint?: string,
): SvcsplitError {
  const at = { path: '', line: 1, column: offset + 1, text: text.slice(0, maxLine) }
  return new SvcsplitError(code, message, hint === undefined ? { at } : { hint, at })
}
