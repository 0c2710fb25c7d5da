const extraAtEnd = /^extra\s*==\s*(?:'[^']*'|"[^"]*")\s*\)?\s*$/

const alternative = /\bor\b/

/** `… extra == "x"` at the end and no `or`: cannot hold without an extra. Told without parsing: most lines are such. */
export function needsExtra(line: string): boolean {
  const at = line.lastIndexOf('extra')
  if (at === -1) return false
  const semicolon = line.indexOf(';')
  if (semicolon === -1 || at < semicolon || !extraAtEnd.test(line.slice(at))) return false
  return !alternative.test(line.slice(semicolon, at))
}
