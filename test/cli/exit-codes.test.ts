import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../dist/cli/main.js')
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
