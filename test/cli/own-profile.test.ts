import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'svcsplit-own-profile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The shipped profile of neutron with other processes. */
function profileWith(processes: string): string {
  const path = join(folder, 'neutron.yaml')
  const shipped = readFileSync(join(root, 'profiles/neutron.yaml'), 'utf8')
  writeFileSync(path, shipped.replace(/^processes:\n(?:[ #-].*\n)+/m, `processes:\n${processes}\n`))
  return path
}

/** The level of what `oslo_service.backend` is for, which only the commands of agents import. */
function levelWith(args: readonly string[]): string | undefined {
  const command = ['analyze', 'neutron@2025.2', '--host', '2024.2', '--offline', '-o', 'json', ...args]
  const { stdout } = spawnSync(process.execPath, [join(root, 'dist/cli/svcsplit.cjs'), ...command], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, SVCSPLIT_DATA_DIR: '' },
  })
  const { findings } = JSON.parse(stdout) as {
    readonly findings: readonly { readonly level: string; readonly missing?: { readonly name: string } }[]
  }
  return findings.find(({ missing }) => missing?.name === 'oslo_service.backend')?.level
}

it('The processes of --profile say which modules are imported when they start, in place of the shipped ones', () => {
  expect(levelWith([])).toBe('error')
  expect(levelWith(['--profile', profileWith('  - name: neutron-dhcp-agent')])).toBe('error')
  expect(
    levelWith([
      '--profile',
      profileWith('  - {name: neutron-api, wsgi: "neutron.wsgi.api:application", port: 9696}'),
    ]),
  ).toBe('warning')
})
