import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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
  const { root, work } = context
  const [file, graph, found] = [join(work, 'all.cudf'), join(work, 'all.dot'), join(work, 'coinst.txt')]
  written(context, 'universe', file)
  const run = ['coinst', '-cudf', '-all', '-conflict-pairs-only', '-o', graph, file]
  return {
    title: 'All pairs of service releases, and coinst',
    own: { name: 'svcsplit, each pair', command: questions(context, ['ask']), cwd: root },
    peer: {
      name: 'coinst, every pair of the universe',
      command: ['sh', '-c', 'out=$1; shift; "$@" >"$out"', 'sh', found, ...run],
      version: versionOf(['dpkg-query', '--show', 'coinst']),
    },
    rounds: 1,
    tell: counted,
    tellOfPeer: () => {
      const [program = '', ...args] = questions(context, ['coinst', found])
      return counted(execFileSync(program, args, { cwd: root, encoding: 'utf8' }))
    },
    note:
      'coinst shrinks a universe to classes that behave alike and then knows of every pair of its packages, not of those of service ' +
      'releases alone. It gets all versions of all distributions, as CUDF.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function pairsOverDose(context) {
  const file = join(context.work, 'all.cudf')
  const names = join(context.work, 'pairs.txt')
  writeFileSync(names, written(context, 'write', file))
  return {
    title: 'All pairs of service releases, and dose-distcheck',
    own: { name: 'svcsplit, each pair', command: questions(context, ['ask']), cwd: context.root },
    peer: {
      name: 'dose-distcheck, a package for each pair',
      // It ends with 1 where a package is broken, and some are.
      command: [
        ...[
          'sh',
          '-c',
          'dose-distcheck -tcudf --successes "--checkonly=$(cat "$1")" "$2"; [ $? -le 1 ]',
          'sh',
        ],
        ...[names, file],
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
