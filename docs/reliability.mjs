// Writes docs/reliability.md from the results that long test runs leave in docs/reliability/: npm run reliability
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const head = `# Reliability
What long runs tried, and what was lost. Written by \`npm run reliability\` from the results in \`docs/reliability/\`, each
of which the command in its last column leaves there. \`P1\` to \`P7\` are the [promises](promises.md). *Survived* are the
faults after which everything was as promised and the next plain run gave the same bytes.
`

const peers = `
## Beside others
pip, uv and buildah were not run with these faults, so nothing is claimed of them here. Wheels are held against pip's own
installation by \`npm run test:wheels\`, Containerfiles against buildah by \`test/system/builders-agree.test.ts\`.
`

/** @param {readonly {name: string, rows: readonly any[]}[]} results of each file, sorted by name */
export function reliabilityPage(results) {
  const lines = results.flatMap(({ rows }) =>
    rows.map((row) => {
      const cells = [
        row.promise,
        row.what.replaceAll('|', '\\|'),
        row.tried,
        row.injected,
        row.survived,
        row.losses,
        (row.longestMs / 1000).toFixed(1),
        row.peakMiB ?? '-',
        `\`${row.command}\``,
      ]
      return `| ${cells.join(' | ')} |`
    }),
  )
  const titles = ['promise', 'what', 'tried', 'faults', 'survived', 'losses', 'longest (s)', 'peak (MiB)', 'made by']
  return [
    head,
    `| ${titles.join(' | ')} |`,
    '|---|---|---:|---:|---:|---:|---:|---:|---|',
    ...lines,
    peers,
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dir = new URL('reliability/', import.meta.url)
  const results = readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, rows: JSON.parse(readFileSync(new URL(name, dir), 'utf8')) }))
  writeFileSync(new URL('reliability.md', import.meta.url), reliabilityPage(results))
}
