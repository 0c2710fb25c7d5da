/**
 * Text from outside as a code span, in which nothing is markup: fenced by more backticks than it has in a row. A bar
 * would end the cell of a table even there.
 */
export function code(text: string): string {
  const shown = text.replaceAll('|', '\\u{7c}').trim()
  if (shown === '') return ''
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}

/** Own words with text from outside in them: everything that could be markup is escaped. */
export function plain(text: string): string {
  return text
    .replace(/[\\`*_{}[\]#|<>~&@$]|^\s*[-+=]|:(?=\/\/|[\w+-]+:)/g, (found) =>
      found.replace(/\S/g, (character) => `&#${character.charCodeAt(0)};`),
    )
    .replace(/www\./gi, (found) => `${found.slice(0, -1)}&#46;`)
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, (_, digits, end) => `${digits}&#${end === '.' ? 46 : 41};`)
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
