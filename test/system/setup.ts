import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingTools, pythonPackages, systemTools } from '../support/tools.js'

/**
 * Brings what system tests drive: by apt where this process may install packages, else each suite says by its
 * title what it lacks. With CI=true a tool that is still missing fails the run here, by name.
 */
export default function setup(): void {
  shareCache()
  const absent = missingTools(...systemTools.keys())
  const packages = [...absent.map((tool) => systemTools.get(tool)!), ...absentPythonPackages()]
  if (packages.length === 0) return
  if (mayInstall()) install([...new Set(packages)])
  const still = missingTools(...absent)
  if (still.length > 0 && process.env.CI === 'true')
    throw new Error(
      `system tests need ${still.join(', ')}: install ${still.map((tool) => systemTools.get(tool)).join(' ')}`,
    )
}

/** One bootstrapped base for all files of the run, and for the next run. */
function shareCache(): void {
  process.env.SVCSPLIT_CACHE_DIR ||= join(tmpdir(), `svcsplit-system-tests-${process.getuid?.() ?? 0}`)
  mkdirSync(process.env.SVCSPLIT_CACHE_DIR, { recursive: true, mode: 0o755 })
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

function absentPythonPackages(): readonly string[] {
  if (!existsSync('/usr/bin/dpkg-query')) return []
  return pythonPackages.filter((name) => !existsSync(`/var/lib/dpkg/info/${name}.list`))
}

function install(packages: readonly string[]): void {
  // Without a run level no package starts its server.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (args: readonly string[]): void => {
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  try {
    apt(['install', '--yes', '--no-install-recommends', ...packages])
  } catch {
    // lists may be absent or old; what cannot be installed at all is told by the suites that need it
    try {
      apt(['update'])
      apt(['install', '--yes', '--no-install-recommends', ...packages])
    } catch {}
  }
}
