import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const tools = needs('python3')

describe.skipIf(tools.missing)(tools.title('pylock.toml of placement 2025.1'), () => {
  let work = ''
  let locked: readonly string[] = []
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: work, encoding: 'utf8', stdio: 'pipe' })

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'svcsplit-lock-'))
    run(process.execPath, main, 'lock', 'placement@2025.1', '-o', 'pylock.toml')
    const { packages } = parse(readFileSync(join(work, 'pylock.toml'), 'utf8')) as {
      packages: { name: string; version: string }[]
    }
    locked = packages.map(({ name, version }) => `${name} ${version}`)
    run('python3', '-m', 'venv', 'installers')
    run('installers/bin/pip', 'install', '-q', 'pip==26.3', 'uv==0.13.9')
    run('python3', '-m', 'venv', 'target')
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  it('is what uv would install, to the version', () => {
    const python = ['--python', 'target/bin/python']
    execFileSync('installers/bin/uv', ['pip', 'install', ...python, '-q', '-r', 'pylock.toml'], { cwd: work })
    const list = JSON.parse(run('installers/bin/uv', 'pip', 'list', ...python, '--format', 'json')) as {
      name: string
      version: string
    }[]
    // The virtual environment's own tools, where this Python brings them, are not of the lock.
    const own = new Set(locked.map((line) => line.split(' ')[0]))
    const installed = list
      .filter(({ name }) => own.has(name))
      .map(({ name, version }) => `${name} ${version}`)
    expect(installed.sort()).toEqual([...locked].sort())
  })

  it('is taken by pip, which checks the hash of every file', () => {
    run(
      'installers/bin/pip',
      '--python',
      'target/bin/python',
      'uninstall',
      '-q',
      '-y',
      'openstack-placement',
      'pbr',
    )
    const report = run(
      'installers/bin/pip',
      ...[
        '--python',
        'target/bin/python',
        'install',
        '-q',
        '--dry-run',
        '--report',
        '-',
        '-r',
        'pylock.toml',
      ],
    )
    const { install } = JSON.parse(report) as { install: { metadata: { name: string } }[] }
    expect(install.map(({ metadata }) => metadata.name).sort()).toEqual(['openstack-placement', 'pbr'])
  })
})
