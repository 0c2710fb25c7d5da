import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { versionOf } from './context.mjs'

/** @typedef {import('./context.mjs').Context} Context @typedef {import('./compete.mjs').Benchmark} Benchmark */

/** @param {Context} context @param {readonly string[]} args */
const questions = ({ root }, args) => [process.execPath, join(root, 'bench/pairs-cudf.mjs'), ...args]

/** Writes the universe; what it prints are the names of its questions. @param {Context} context @param {string} which @param {string} file */
function written(context, which, file) {
  const [program = '', ...args] = questions(context, [which, file])
  return execFileSync(program, args, { cwd: context.root, encoding: 'utf8', maxBuffer: 2 ** 26 }).trim()
}

/** @param {string} stdout */
const counted = (stdout) => {
  const { pairs, apart } = JSON.parse(stdout)
  return { pairs, apart }
}

/** @param {Context} context @returns {Benchmark} */
export function pairsOverCoinst(context) {
  const file = join(context.work, 'cone.cudf')
  written(context, 'cone', file)
  const graph = join(context.work, 'cone.dot')
  return {
    title: 'The pairs of two services, and coinst',
    own: { name: 'svcsplit, each pair', command: questions(context, ['ask', 'cone']), cwd: context.root },
    peer: {
      name: 'coinst, every pair of the universe',
      command: ['coinst', '-cudf', '-all', '-conflict-pairs-only', '-o', graph, file],
      version: versionOf(['dpkg-query', '--show', 'coinst']),
    },
    tell: counted,
    note:
      'coinst shrinks a universe to classes that behave alike and then knows of every pair. It gets the distributions that placement ' +
      'and swift can come to need, all versions of them, as CUDF; of the whole universe it had not made an end after ten ' +
      'minutes. svcsplit reads its own facts and answers for the releases of the two services. Both find the same pairs apart (`test/system/cudf.test.ts`).',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function pairsOverDose(context) {
  const file = join(context.work, 'all.cudf')
  const names = written(context, 'all', file)
  return {
    title: 'All pairs of service releases, and dose-distcheck',
    own: { name: 'svcsplit, each pair', command: questions(context, ['ask', 'all']), cwd: context.root },
    peer: {
      name: 'dose-distcheck, a package for each pair',
      // It ends with 1 where a package is broken, and some are.
      command: [
        ...['sh', '-c', '"$@"; [ $? -le 1 ]', 'sh'],
        ...['dose-distcheck', '-tcudf', '--successes', `--checkonly=${names}`, file],
      ],
      version: versionOf(['dpkg-query', '--show', 'dose-distcheck']),
    },
    rounds: 3,
    tell: counted,
    note:
      'Whether the two can be installed together as they declare, over the whole shipped universe. dose-distcheck is the SAT ' +
      'solver in OCaml that Debian asks of its archive; it gets versions as numbers and ranges as lists of them, worked out beforehand and ' +
      'not measured, which svcsplit works out itself.',
  }
}
