import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../dist/cli/svcsplit.cjs')

function run(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
}

it.each([
  [['help'], ['--help']],
  [
    ['help', 'lock'],
    ['lock', '--help'],
  ],
  [
    ['help', 'catalog', 'import'],
    ['catalog', 'import', '--help'],
  ],
])('%j says what %j says', (words, option) => {
  const { stdout, status } = run(...words)
  expect(stdout).toMatch(/^Usage: svcsplit/)
  expect({ stdout, status }).toEqual({ stdout: run(...option).stdout, status: 0 })
})

it('help of a command that there is not names the nearest', () => {
  const { stderr, status } = run('help', 'anlyze')
  expect(stderr).toContain('Did you mean analyze?')
  expect(status).toBe(2)
})
