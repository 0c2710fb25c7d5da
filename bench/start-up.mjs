import { join } from 'node:path'

/**
 * What every command pays before it does anything.
 * @param {import('./context.mjs').Context} context
 * @returns {import('./compete.mjs').Benchmark}
 */
export function startUp({ root }) {
  return {
    title: 'Start-up: svcsplit --version',
    own: {
      name: 'svcsplit --version',
      command: [process.execPath, join(root, 'dist/cli/svcsplit.cjs'), '--version'],
    },
    limit: { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
    aims: { limit: 1.3 },
    note: 'Less than starting Node nobody can do.',
  }
}
