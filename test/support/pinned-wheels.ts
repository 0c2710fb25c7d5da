import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '#io/cache-dir.js'
import {
  type BuildRequirements,
  type BuildWheel,
  readBuildRequirements,
} from '#wheelhouse/build-requirements.js'

const table = new URL('../../constraints/build-requirements.json', import.meta.url).pathname

export function shippedBuildRequirements(): Promise<BuildRequirements> {
  return readBuildRequirements(table)
}

/** Fetches a pinned wheel by pip, which knows the index of the machine; kept for the next run. @returns its path */
export function pinnedWheel(wheel: BuildWheel): string {
  const dir = join(cacheDir(), 'pinned-wheels')
  const path = join(dir, wheel.filename)
  if (existsSync(path)) return path
  mkdirSync(dir, { recursive: true })
  const from = ['--no-deps', '--only-binary', ':all:', '--quiet', '--dest', dir]
  execFileSync('python3', ['-m', 'pip', 'download', ...from, `${wheel.name}==${wheel.version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return path
}
