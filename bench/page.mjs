/** `docs/benchmarks.md` and its plots, from what is kept in `bench/results/`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { resultText } from './compete.mjs'
import { barChart, curveChart, exponentOf } from './plot.mjs'

/** @typedef {import('./compete.mjs').Result} Result */

/** @param {string} path @returns {any} */
const json = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** @param {Result} result */
function verdictRow({ name, aims, rows }) {
  const own = rows.find(({ role }) => role === 'own')
  const told = aims.map(
    ({ what, aim, got, met, by }) =>
      `${met ? '' : '**missed** '}${what}: ${got} (${aim}${met ? '' : `; ${by} times it`})`,
  )
  return `| [${name}](#${name}) | ${own?.seconds.toFixed(2)} | ${own?.cpu.toFixed(2)} | ${own?.mebibytes.toFixed(0)} | ${told.join('<br>')} |`
}

/** @param {string} root @param {readonly string[]} names */
export function writePage(root, names) {
  const folder = join(root, 'bench/results')
  const kept = existsSync(folder) ? readdirSync(folder).map((file) => file.replace(/\.json$/, '')) : []
  const ordered = names.filter((name) => kept.includes(name))
  const results = ordered.map((name) => json(join(folder, `${name}.json`)))
  const races = /** @type {readonly Result[]} */ (results.filter(({ rows }) => rows !== undefined))
  const curves = results.filter(({ curves }) => curves !== undefined)
  const simulations = results.filter(({ workers }) => workers !== undefined)
  const pictures = join(root, 'docs/benchmarks')
  mkdirSync(pictures, { recursive: true })

  const bars = races.flatMap(({ name, aims }) =>
    aims
      .filter(({ what }) => what !== 'memory')
      .map(({ what, by, met }) => ({ label: `${name}: ${what}`, value: by, aim: 1, met })),
  )
  writeFileSync(
    join(pictures, 'aims.svg'),
    barChart('Measured, as a part of what is aimed at (1 is the aim)', bars, 'x'),
  )

  const machines = [
    ...new Map(races.map(({ machine }) => [`${machine.processors} ${machine.node}`, machine])).values(),
  ]
  const loads = races.map(({ machine }) => machine.load)
  const dates = [...new Set(races.map(({ machine }) => machine.date))].sort()
  const text = [
    '# Benchmarks',
    'Made by `npm run bench -- --docs`; do not edit. Every figure is of a process from its start to its end. svcsplit and what it is compared with run in turn (A B A B …) in one run, so ratios hold on other machines; seconds do not.',
    ...machines.map(
      ({ processors, memoryGiB, node, system }) =>
        `Machine: ${processors}, ${memoryGiB} GiB, ${system}, Node ${node}.`,
    ),
    `Measured on ${dates.join(', ')}, with a load of ${Math.min(...loads)} to ${Math.max(...loads)} on the machine when a benchmark began. Where other work ran at the same time, seconds of the clock are too long by what it took, and processor seconds are what counts; a ratio to another program is of processor seconds, one to the least work of the clock.`,
    `Other programs: ${[...new Set(races.flatMap(({ rows }) => rows.flatMap(({ version }) => version ?? [])))].join('; ')}.`,
    '## What is aimed at, and what is reached',
    '![Each aim and what was measured](benchmarks/aims.svg)',
    ['| benchmark | s | CPU s | MiB | aims |', '|---|---|---|---|---|', ...races.map(verdictRow)].join('\n'),
    ...missesOf(root),
    '## One by one',
    ...races.map((result) => `<a id="${result.name}"></a>\n\n${resultText(result)}`),
    ...(curves.length + simulations.length === 0 ? [] : ['## How cost grows']),
    ...curves.map((result) => curveText(pictures, result)),
    ...simulations.map((result) => workersText(pictures, result)),
  ].join('\n\n')
  writeFileSync(join(root, 'docs/benchmarks.md'), `${text}\n`)
}

/** What a person has to say of the misses, which no command can. @param {string} root */
function missesOf(root) {
  const path = join(root, 'bench/results/misses.md')
  return existsSync(path) ? [readFileSync(path, 'utf8').trim()] : []
}

/**
 * @param {string} pictures
 * @param {{ name: string, title: string, note: string, across: string, curves: readonly { label: string, points: readonly { n: number, cpu: number, mebibytes: number, told?: Record<string, number> }[] }[] }} result
 */
function curveText(pictures, { name, title, note, across, curves }) {
  const of = (/** @type {'cpu' | 'mebibytes'} */ key) =>
    curves.map(({ label, points }) => ({
      label,
      points: points.map((point) => /** @type {const} */ ([point.n, point[key]])),
    }))
  writeFileSync(
    join(pictures, `${name}-time.svg`),
    curveChart(`${title}: time`, of('cpu'), across, 'processor seconds'),
  )
  writeFileSync(
    join(pictures, `${name}-memory.svg`),
    curveChart(`${title}: memory`, of('mebibytes'), across, 'peak MiB'),
  )
  const rows = curves.flatMap(({ label, points }) =>
    points.map(({ n, cpu, mebibytes, told }) => {
      const counted = Object.entries(told ?? {}).map(([key, value]) => `${key} ${value}`)
      return `| ${label} | ${n} | ${cpu.toFixed(2)} | ${mebibytes.toFixed(0)} | ${counted.join(', ')} |`
    }),
  )
  const exponents = curves.map(({ label, points }) => {
    // The start of the process and of the shipped facts hides how the first points grow.
    const late = points.slice(-3)
    const power = (/** @type {'cpu' | 'mebibytes'} */ key) =>
      exponentOf(late.map((point) => [point.n, point[key]])).toFixed(2)
    return `${label}: time as n^${power('cpu')}, memory as n^${power('mebibytes')} (last ${late.length} points)`
  })
  return [
    `### ${title}`,
    `\`npm run bench -- ${name}\``,
    `![Time](benchmarks/${name}-time.svg) ![Memory](benchmarks/${name}-memory.svg)`,
    [`| | ${across} | CPU s | peak MiB | counted |`, '|---|---|---|---|---|', ...rows].join('\n'),
    `${exponents.join('; ')}.`,
    note,
  ].join('\n\n')
}

/**
 * @param {string} pictures
 * @param {{ name: string, title: string, note: string, workers: readonly { workers: number, seconds: number, fetched: number, pushed: number, mounted: number, strategy: string }[] }} result
 */
function workersText(pictures, { name, title, note, workers }) {
  const strategies = [...new Set(workers.map(({ strategy }) => strategy))]
  const curves = strategies.map((strategy) => ({
    label: strategy,
    points: workers
      .filter((one) => one.strategy === strategy)
      .map((one) => /** @type {const} */ ([one.workers, one.seconds])),
  }))
  writeFileSync(
    join(pictures, `${name}.svg`),
    curveChart(title, curves, 'workers', 'seconds until the last image is there'),
  )
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0)
  return [
    `### ${title}`,
    `\`npm run bench -- ${name}\``,
    `![Seconds by workers](benchmarks/${name}.svg)`,
    [
      '| split | workers | seconds | MB fetched | MB pushed | MB found there |',
      '|---|---|---|---|---|---|',
      ...workers.map(
        ({ strategy, workers: n, seconds, fetched, pushed, mounted }) =>
          `| ${strategy} | ${n} | ${seconds.toFixed(0)} | ${megabytes(fetched)} | ${megabytes(pushed)} | ${megabytes(mounted)} |`,
      ),
    ].join('\n'),
    note,
  ].join('\n\n')
}
