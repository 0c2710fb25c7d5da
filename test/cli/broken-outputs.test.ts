import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../dist/cli/svcsplit.cjs')
const folder = mkdtempSync(join(tmpdir(), 'svcsplit-outputs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A gate that fails, in a shell that does this with what it prints. */
function gate(args: string, redirected: string) {
  const command = `set -o pipefail; "$0" "$1" gate nova@2026.1 --host 2025.1 ${args} ${redirected}`
  return spawnSync('bash', ['-c', command, process.execPath, main], { cwd: folder, encoding: 'utf8' })
}

it.each([
  ['a full disk', '> /dev/full', 4, 'no space (or no inode) left on the disk'],
  ['a reader that has left', '| true', 1, ''],
])(
  '%s at standard output keeps no file from being written, and the gate from no verdict',
  (_, to, code, told) => {
    const done = gate(`-o text -o json=a-${code}.json`, to)
    expect(done.status).toBe(code)
    expect(done.stderr).toContain(told)
    expect(JSON.parse(readFileSync(join(folder, `a-${code}.json`), 'utf8')).verdict.outcome).toBe('failed')
  },
  60_000,
)

it('a path that cannot be written is an error, and the other outputs are written', () => {
  const done = gate('-o sarif=/dev/null/x.sarif -o junit=b.xml -o text', '')
  expect(done.status).toBe(2)
  expect(done.stderr).toContain('/dev/null/x.sarif')
  expect(done.stdout).toMatch(/^gate FAILED /m)
  expect(readFileSync(join(folder, 'b.xml'), 'utf8')).toContain('<testsuites')
}, 60_000)
