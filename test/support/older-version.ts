import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SmallTool } from './small-tool.js'

const repository = join(import.meta.dirname, '../..')

/**
 * Builds the package as it was at a revision of this repository, and puts it beside the tool under test, on the same
 * shipped data. @returns what comes before its arguments
 */
export function olderVersion(tool: SmallTool, revision: string): readonly string[] {
  const sources = mkdtempSync(join(tmpdir(), 'svcsplit-older-'))
  try {
    const archive = execFileSync('git', ['archive', revision], { cwd: repository, maxBuffer: 1e9 })
    execFileSync('tar', ['-x', '-C', sources], { input: archive })
    symlinkSync(join(repository, 'node_modules'), join(sources, 'node_modules'))
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: sources,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const place = tool.world.path(`root-${revision.replace(/\W/g, '-')}`)
    mkdirSync(place)
    for (const name of ['dist', 'package.json'])
      cpSync(join(sources, name), join(place, name), { recursive: true })
    symlinkSync(join(repository, 'node_modules'), join(place, 'node_modules'))
    for (const name of ['constraints', 'profiles'])
      symlinkSync(join(tool.world.path('root'), name), join(place, name))
    return [process.execPath, join(place, 'dist/cli/svcsplit.cjs')]
  } finally {
    rmSync(sources, { recursive: true, force: true })
  }
}
