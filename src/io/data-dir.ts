import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { homeOrNone } from './cache-dir.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where a user's own releases, profiles and facts lie: `$SVCSPLIT_DATA_DIR` (empty: none are used), else
 * `$XDG_DATA_HOME/svcsplit` (only if absolute: XDG base directory specification), else `~/.local/share/svcsplit`.
 * The folder need not exist.
 */
export function dataDir(environment: Environment = process.env): string | undefined {
  const own = environment.SVCSPLIT_DATA_DIR
  if (own !== undefined) return own === '' ? undefined : own
  const xdg = environment.XDG_DATA_HOME
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'svcsplit')
  const home = environment.HOME ?? homeOrNone()
  return home === undefined || home === '' || home === '/'
    ? undefined
    : join(home, '.local', 'share', 'svcsplit')
}

/** The data folder, if there are releases or overrides in it. */
export function dataDirInUse(): string | undefined {
  const dir = dataDir()
  const holds = ['constraints/releases.json', 'overrides.yaml']
  return dir !== undefined && holds.some((path) => existsSync(join(dir, path))) ? dir : undefined
}
