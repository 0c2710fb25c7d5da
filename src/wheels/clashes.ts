import { SvcsplitError } from '#errors.js'
import type { PlacedFile, PlacedWheel } from './placed-files.js'

/** The bytes of one file of a wheel. */
type FileBytes = (wheel: PlacedWheel, path: string) => Buffer

/**
 * Makes sure that no two distributions of one environment bring different files for one path. Equal files are
 * fine: whichever is written last, the environment is the same.
 * @param bytesOf asked where hashes of two algorithms cannot be compared
 * @throws SvcsplitError E-WHL-CLASH naming both
 */
export function checkClashes(wheels: readonly PlacedWheel[], bytesOf: FileBytes): void {
  const owners = new Map<string, Owned>()
  for (const wheel of wheels) {
    for (const entry of wheel.entries) {
      const owner = owners.get(entry.path)
      if (owner === undefined) owners.set(entry.path, { wheel, entry })
      else if (!sameFile(owner, { wheel, entry }, bytesOf)) throw clash(entry.path, owner.wheel, wheel)
    }
  }
  const folders = new Set<string>()
  for (const { wheel, entry } of owners.values()) {
    for (let end = entry.path.lastIndexOf('/'); end > 0; ) {
      const folder = entry.path.slice(0, end)
      if (folders.has(folder)) break
      const owner = owners.get(folder)
      if (owner !== undefined) throw clash(folder, owner.wheel, wheel)
      folders.add(folder)
      end = folder.lastIndexOf('/')
    }
  }
}

type Owned = { readonly wheel: PlacedWheel; readonly entry: PlacedFile }

function sameFile(a: Owned, b: Owned, bytesOf: FileBytes): boolean {
  if (a.entry.mode !== b.entry.mode || a.entry.size !== b.entry.size) return false
  if (a.entry.hash.algorithm === b.entry.hash.algorithm) return a.entry.hash.value === b.entry.hash.value
  return bytesOf(a.wheel, a.entry.path).equals(bytesOf(b.wheel, b.entry.path))
}

function clash(path: string, first: PlacedWheel, second: PlacedWheel): SvcsplitError {
  return new SvcsplitError(
    'E-WHL-CLASH',
    `${first.name} ${first.version} and ${second.name} ${second.version} both install ${path}, and not with the same bytes`,
    {
      at: { archive: second.filename, member: path },
      hint: 'one environment cannot hold both; leave one of them out, or take versions that do not share the file',
    },
  )
}
