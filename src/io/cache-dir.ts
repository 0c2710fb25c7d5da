import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where everything lies that can be fetched or made again: `$SVCSPLIT_CACHE_DIR`, else
 * `$XDG_CACHE_HOME/svcsplit` (only if absolute: XDG base directory specification), else `~/.cache/svcsplit`.
 */
export function cacheDir(environment: Environment = process.env): string {
  const own = environment.SVCSPLIT_CACHE_DIR
  if (own !== undefined && own !== '') return own
  const xdg = environment.XDG_CACHE_HOME
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'svcsplit')
  const home = environment.HOME ?? homeOrNone()
  return home === undefined || home === '' || home === '/'
    ? join(tmpdir(), 'svcsplit-cache')
    : join(home, '.cache', 'svcsplit')
}

/** `os.homedir` throws for a user that has no entry and no HOME, as in many containers. */
export function homeOrNone(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
