import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../dist/cli/svcsplit.cjs')
const folder = mkdtempSync(join(tmpdir(), 'svcsplit-exit-codes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// As a code 256 would be 0, and 300 would be 44: a count is never one.
it.each([256, 300])('%i findings are a gate that failed, and nothing else', (number) => {
  const requirements = Array.from({ length: number }, (_, index) => `futurist>=9.${index}\n`).join('')
  writeFileSync(join(folder, 'requirements.txt'), requirements)
  writeFileSync(join(folder, 'constraints.txt'), 'futurist===3.1.0\n')
  const args = ['gate', '--requirements', 'requirements.txt', '--constraints', 'constraints.txt', '--offline']
  const done = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' })
  expect(done.stdout.trimEnd().split('\n').at(-1)).toContain(`gate FAILED  ${number} new`)
  expect(done.status).toBe(1)
})

it.each([
  [['share', 'heat@2023.1', 'manila@2026.1'], 0],
  [['share', '--check', 'heat@2023.1', 'manila@2026.1'], 1],
  [['share', '--check', '--code', 'none', 'heat@2023.1', 'manila@2026.1'], 0],
  [['share', '--check', 'nova@2026.1', 'cinder@2025.1'], 0],
] as const)('%j ends with %i: what cannot share as run is no pass', (args, status) => {
  expect(spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' }).status).toBe(status)
})

it('an environment of a policy that cannot run is a gate that failed, at the line of the code', () => {
  const policy = 'environments:\n  - name: control\n    services: [heat@2023.1, manila@2026.1]\n'
  writeFileSync(join(folder, 'policy.yaml'), policy)
  const gate = (...more: readonly string[]) =>
    spawnSync(process.execPath, [main, 'gate', '--policy', 'policy.yaml', ...more], {
      cwd: folder,
      encoding: 'utf8',
    })
  const { stdout, status } = gate()
  expect(stdout).toContain('heat/db/sqlalchemy/migration.py:16')
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'openstack-heat 20.0.1 wants oslo-db<15.0.0 for oslo_db.sqlalchemy.migration',
  )
  expect(status).toBe(1)
  expect(gate('--code', 'none').status).toBe(0)
})
