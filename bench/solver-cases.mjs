import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { versionOf } from './context.mjs'

/** @typedef {{ seconds: number, read: number, outcome: string }} Solved */

/**
 * The cases of resolvelib's own tests, each solved by both; loading of Python, Node and facts is not counted for a case.
 * @param {import('./context.mjs').Context} context
 * @returns {import('./compete.mjs').Benchmark}
 */
export function solverCases(context) {
  const { root, python, rounds } = context
  const folder = join(root, 'fixtures/resolvelib')
  const runs = rounds < 7 ? '3' : '15'
  const own = [process.execPath, join(root, 'bench/solver-cases-own.mjs'), folder, runs]
  const peer = [python(), join(root, 'bench/solver-cases.py'), folder, runs]
  const solved = (/** @type {readonly string[]} */ [program = '', ...args]) =>
    /** @type {Readonly<Record<string, Solved>>} */ (
      JSON.parse(execFileSync(program, args, { encoding: 'utf8', cwd: root }))
    )
  const [ours, theirs] = [solved(own), solved(peer)]
  const rows = Object.entries(ours).map(([name, mine]) => {
    const other = /** @type {Solved} */ (theirs[name])
    return { name, mine, other, ratio: other.seconds / mine.seconds }
  })
  const least = rows.reduce((worst, row) => (row.ratio < worst.ratio ? row : worst))
  const table = rows.map(
    ({ name, mine, other, ratio }) =>
      `| ${name} | ${(mine.seconds * 1e3).toFixed(2)} | ${(other.seconds * 1e3).toFixed(2)} | ${ratio.toFixed(1)} | ${mine.read} | ${other.read} | ${mine.outcome === other.outcome ? 'same' : `${mine.outcome}, ${other.outcome}`} |`,
  )
  return {
    title: 'The cases of resolvelib: svcsplit, and resolvelib',
    own: { name: `all ${rows.length} cases, ${runs} times`, command: own, cwd: root },
    peer: {
      name: `resolvelib, the same`,
      command: peer,
      cwd: root,
      version: `resolvelib ${versionOf([python(), '-c', 'import resolvelib; print(resolvelib.__version__)'])}`,
    },
    rounds: 2,
    more: [
      {
        what: `the slowest of ${rows.length} cases (${least.name})`,
        aim: 'faster than resolvelib in each',
        got: `${least.ratio.toFixed(1)} times`,
        met: least.ratio > 1,
        by: Number((1 / least.ratio).toFixed(2)),
      },
    ],
    note: [
      'Least milliseconds of the processor for one solve; "read" counts versions of which the demands were read.',
      '',
      '| case | svcsplit ms | resolvelib ms | times | svcsplit read | resolvelib read | outcome |',
      '|---|---|---|---|---|---|---|',
      ...table,
    ].join('\n'),
  }
}
