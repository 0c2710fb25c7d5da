import { type ErrorCode, errorCodes } from '#errors.js'
import { errorPage } from '#report/error-page.js'
import { made, type Row } from './row.js'
import type { Answer } from './sandbox.js'

/** Codes that no command line can be brought to in a test: what does. */
export const withoutExample: ReadonlyMap<ErrorCode, string> = new Map([
  ['E-FS-ACCESS', 'test/io/files.test.ts'],
  ['E-FS-IO', 'test/io/files.test.ts'],
  ['E-PLN-IMAGE', 'test/verbs/plan-images.test.ts'],
  ['E-PLN-RETURN', 'test/upgrade/progress.test.ts'],
  ['E-IDX-METADATA', 'test/catalog/index-catalog.test.ts'],
  ['E-NET-TIMEOUT', 'test/io/http.test.ts'],
  ['E-NET-TRUNC', 'test/io/http.test.ts'],
  ['E-NET-LIMIT', 'test/io/http.test.ts'],
  ['E-SDT-FORM', 'test/catalog/sdist-facts.test.ts'],
  ['E-SDT-BUILD', 'test/system/wheelhouse.test.ts'],
  ['E-IMG-UNFIT', 'test/verbs/build.test.ts'],
  ['E-REG-INSECURE', 'test/registry/authorization.test.ts'],
  ['E-ATT-FORM', 'test/attest/sbom.test.ts'],
  ['E-EXE-FAILED', 'test/io/exec.test.ts'],
])

/** What a run costs or chances upon: digests of packed bytes are those of one zlib. */
const steady = (text: string): string => text.replace(/[0-9a-f]{64}/g, '(64 digits)')

function shownFile(row: Row): string {
  const given = Object.entries(made(row.files ?? {})).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && /^[\n -~]*$/.test(entry[1]) && entry[1].split('\n').length <= 12,
  )
  return given
    .filter(([, text]) => text.split('\n').every((line) => line.length <= 120) && text !== '')
    .map(([name, text]) => `\`${name}\`:\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`)
    .join('')
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

/** The page of a code in Markdown, with the answer to the first row that has it. */
export function pageOf(code: ErrorCode, row: Row | undefined, answer: Answer | undefined): string {
  const { title, exitCode, means, remedy } = errorPage(code)
  const head = `# ${code}: ${title}\n${means}\n\n**What to do:** ${remedy}\n\nExit code ${exitCode}. \`svcsplit explain ${code}\` says the same.\n`
  if (row === undefined || answer === undefined)
    return `${head}\nNo example is shown: \`${withoutExample.get(code)}\` meets it.\n`
  const args = row.args
    .map((argument) =>
      argument
        .replaceAll('{index}', 'http://index.example/simple')
        .replaceAll('{registry}', 'registry.example'),
    )
    .map(quoted)
    .join(' ')
  const output = steady(answer.stderr).trimEnd()
  return `${head}\n## Example\nGiven ${row.given}.\n\n${shownFile(row)}\`\`\`console\n$ svcsplit ${args}\n${output}\n[exit ${answer.exit}]\n\`\`\`\n`
}

/** All codes with their titles, by family. */
export function indexOfPages(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { title, class: kind }]) => `| [${code}](${code}.md) | ${title} | ${kind} |`,
  )
  return `# Error codes
Every error names its code in brackets. A code keeps its meaning; texts may change. The class decides the exit code:
input 2, undecided 3, failed 4. \`svcsplit explain CODE\` prints a page. Pages are written by a test from the code and
from what the command line answers (\`UPDATE=1 npx vitest run --project unit test/cli/corpus.test.ts\`).

| code | what | class |
|---|---|---|
${rows.join('\n')}
`
}
