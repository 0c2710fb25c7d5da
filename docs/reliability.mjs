// Writes docs/reliability.md from the results that long test runs leave in docs/reliability/: npm run reliability
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const head = `# Reliability
What long runs tried, and what was lost. Written by \`npm run reliability\` from the results in \`docs/reliability/\`, each
of which the command in its last column leaves there. \`P1\` to \`P7\` are the [promises](promises.md). *Survived* are the
faults after which everything was as promised and the next plain run gave the same bytes.
`

/** @param {readonly any[]} rows */
function peersPart(rows) {
  const lines = rows.map((row) => {
    const { peer, inputs, tried, refused, taken, trace, hang, longestMs, takenRows } = row
    const which = takenRows.length === 0 ? '-' : takenRows.join(', ')
    const cells = [peer, inputs, tried, refused, taken, trace, hang, (longestMs / 1000).toFixed(1), which]
    return `| ${cells.join(' | ')} |`
  })
  return `
## Beside others
What pip, uv and buildah do with wheels and layers of the catalog of bad inputs (\`test/corpus/\`) that svcsplit refuses, each
with a code and in a process of its own. *Taken* ended with exit code 0, which for an installer is no fault in itself: it is
to install what it can, and an image is to be what its lock says. Made by \`npm run test:peers\`, with the programs that are
on \`PATH\`; time is of a clock on a machine that did other work.

| program | inputs | tried | refused | taken | stack trace | hang | longest (s) | taken were |
|---|---|---:|---:|---:|---:|---:|---:|---|
${lines.join('\n')}

They were not run with kills and failing calls, so nothing is claimed of that. Wheels are held against pip's own
installation by \`npm run test:wheels\`, Containerfiles against buildah by \`test/system/builders-agree.test.ts\`.
`
}

/** @param {readonly {name: string, rows: readonly any[]}[]} results of each file, sorted by name */
export function reliabilityPage(results) {
  const own = results.filter(({ name }) => name !== 'peers.json')
  const beside = results.find(({ name }) => name === 'peers.json')?.rows ?? []
  const lines = own.flatMap(({ rows }) =>
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
    peersPart(beside),
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
