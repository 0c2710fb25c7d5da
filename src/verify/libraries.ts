import type { Report } from './finding.js'
import { isBelow, type ScannedImage } from './scan.js'
import { nodeAt, resolvePath, type Tree } from './tree.js'

/** `e_machine` and the folder of Debian's multiarch libraries, by Go's name of an architecture. */
const machines: ReadonlyMap<string, { readonly machine: number; readonly triplet: string }> = new Map([
  ['amd64', { machine: 62, triplet: 'x86_64-linux-gnu' }],
  ['arm64', { machine: 183, triplet: 'aarch64-linux-gnu' }],
])

/**
 * Every ELF file of the environment is for the image's processor, and each library that it needs is there:
 * where its own run path leads, elsewhere in the environment, or in the library folders of the image (ld.so(8)).
 * Wheels may bring files for other systems beside their own; those are told as warnings.
 * @returns how many files were looked at
 */
export function checkLibraries(image: ScannedImage, report: Report): number {
  const { tree, prefix, config } = image
  const wanted = machines.get(config.architecture)
  const brought = libraryNames(tree, prefix)
  const folders = libraryFolders(tree, wanted?.triplet)
  let files = 0
  for (const [path, { elf }] of tree) {
    if (elf === undefined || !isBelow(path, prefix)) continue
    files++
    if (typeof elf === 'string') {
      report('library', 'error', `cannot be read as ELF: ${elf}`, path)
      continue
    }
    if (wanted !== undefined && elf.machine !== wanted.machine) {
      report(
        'library',
        'error',
        `is for the ELF machine ${elf.machine}, not for ${config.architecture}`,
        path,
      )
      continue
    }
    const origin = path.slice(0, path.lastIndexOf('/'))
    const own = elf.runPath.map((folder) => folder.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, `/${origin}`))
    for (const name of elf.needed) {
      const found = name.includes('/')
        ? isFile(tree, name)
        : brought.has(name) || [...own, ...folders].some((folder) => isFile(tree, `${folder}/${name}`))
      if (!found) report('library', 'error', `needs ${name}, which the image does not have`, path)
    }
  }
  return files
}

function isFile(tree: Tree, path: string): boolean {
  return nodeAt(tree, path)?.type === 'file'
}

/** Names under which the environment's own libraries are found once one of them is loaded. */
function libraryNames(tree: Tree, prefix: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [path, { elf }] of tree) {
    if (elf === undefined || typeof elf === 'string' || !isBelow(path, prefix)) continue
    names.add(elf.soname ?? path.slice(path.lastIndexOf('/') + 1))
  }
  return names
}

/** What ld.so searches: the folders of ld.so.conf and what it includes, then its own. */
function libraryFolders(tree: Tree, triplet: string | undefined): readonly string[] {
  const folders: string[] = []
  for (const [path, { content }] of tree) {
    const isConfig =
      path === 'etc/ld.so.conf' || (path.startsWith('etc/ld.so.conf.d/') && path.endsWith('.conf'))
    if (!isConfig || content === undefined) continue
    for (const line of content.toString('latin1').split('\n')) {
      const folder = line.replace(/#.*/, '').trim()
      if (folder.startsWith('/')) folders.push(folder)
    }
  }
  const own = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib']
  const multiarch = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`]
  const all = [...folders, ...multiarch, ...own].map((folder) => resolvePath(tree, folder))
  return [...new Set(all.filter((folder) => folder !== undefined))]
}
