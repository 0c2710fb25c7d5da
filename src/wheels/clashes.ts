import { SvcsplitError } from '#errors.js'
import { type InstalledWheel, readWheelFile } from './install-wheel.js'
import { unpackEntry, type WheelEntry } from './wheel-entry.js'

/**
 * Makes sure that no two distributions of one environment bring different files for one path. Equal files are
 * fine: whichever is written last, the environment is the same.
 * @throws SvcsplitError E-WHL-CLASH naming both
 */
export function checkClashes(wheels: readonly InstalledWheel[]): void {
  const owners = new Map<string, { readonly wheel: InstalledWheel; readonly entry: WheelEntry }>()
  for (const wheel of wheels) {
    for (const entry of wheel.entries) {
      const owner = owners.get(entry.path)
      if (owner === undefined) owners.set(entry.path, { wheel, entry })
      else if (!sameFile(owner, { wheel, entry })) throw clash(entry.path, owner.wheel, wheel)
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

type Owned = { readonly wheel: InstalledWheel; readonly entry: WheelEntry }

function sameFile(a: Owned, b: Owned): boolean {
  if (a.entry.mode !== b.entry.mode || a.entry.size !== b.entry.size) return false
  if (a.entry.hash.algorithm === b.entry.hash.algorithm) return a.entry.hash.value === b.entry.hash.value
  return bytesOf(a).equals(bytesOf(b))
}

function bytesOf({ wheel, entry }: Owned): Buffer {
  const archive = readWheelFile(wheel.path)
  return unpackEntry(entry, archive, wheel.filename)
}

function clash(path: string, first: InstalledWheel, second: InstalledWheel): SvcsplitError {
  return new SvcsplitError(
    'E-WHL-CLASH',
    `${first.name} ${first.version} and ${second.name} ${second.version} both install ${path}, and not with the same bytes`,
    {
      at: { archive: second.filename, member: path },
      hint: 'one environment cannot hold both; leave one of them out, or take versions that do not share the file',
    },
  )
}
