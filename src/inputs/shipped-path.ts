import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the shipped data: the one above `src` and `dist`. */
export function shippedRoot(): string {
  return fileURLToPath(new URL('../../', import.meta.url))
}

/** A path as it may stand in a result: never absolute, but for what is no file (`/dev/stdin`). */
export function shownPath(path: string): string {
  if (!isAbsolute(path) || path.startsWith('/dev/')) return path
  const here = relative(process.cwd(), path)
  return here.startsWith('..') || isAbsolute(here) ? path.split('/').at(-1)! : here
}
