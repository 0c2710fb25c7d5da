import { createHash } from 'node:crypto'
import { join, sep } from 'node:path'
import { SvcsplitError, visible } from '#errors.js'
import type { CheckoutPackage } from '#inputs/checkout-package.js'
import { listDir, readBytesSync, realPathOf, statusOf } from '#io/files.js'
import { isPasteFile } from '#surface/paste-file.js'
import type { SourceFile } from '#surface/read-distribution.js'

/** More than any project has that people write: such a folder is not one, or was made to take time. */
const most = { files: 50_000, depth: 60, bytes: 32 * 1024 * 1024 }

/** What modules are compiled from. */
const compiledFrom = /^([A-Za-z_]\w*)\.(?:pyx|c|cc|cpp|cxx|rs|f|f90|so|pyd|[\w-]+\.so)$/

interface Walk {
  readonly root: string
  readonly files: SourceFile[]
}

/**
 * The files of a checkout by the paths at which its wheel would install them. What is compiled, or written when it is
 * packaged, stands among them as a compiled module: its names cannot be told.
 * @throws E-FS-LIMIT, E-FS-KIND where a link leads out of the checkout, E-FS-*
 */
export async function checkoutSources(
  folder: string,
  { under, tops, generated, dataFiles }: CheckoutPackage,
): Promise<readonly SourceFile[]> {
  const root = await realPathOf(folder)
  if (root === undefined)
    throw new SvcsplitError('E-FS-NOTFOUND', `there is no folder ${visible(folder)}`, {
      at: { path: folder },
    })
  const walk: Walk = { root, files: [] }
  for (const top of tops) await add(walk, join(root, under, top), top, [])
  if ((await statusOf(join(root, 'etc')))?.kind === 'folder') await add(walk, join(root, 'etc'), 'etc', [])
  const installed = walk.files.map((file) => {
    const to = dataFiles.get(file.path)
    return to === undefined
      ? file
      : { ...file, path: `${to}/${file.path.slice(file.path.lastIndexOf('/') + 1)}` }
  })
  const inPackage = (path: string): string => (under === '' ? path : path.replace(`${under}/`, ''))
  for (const path of generated)
    if (/^(?:[A-Za-z_]\w*\/)*[A-Za-z_]\w*\.py$/.test(path))
      installed.push(opaque(inPackage(path).slice(0, -'.py'.length)))
  return installed
}

/** A hash of what would be read: the same sources are read once. */
export function hashOfSources(files: readonly SourceFile[]): string {
  const whole = createHash('sha256')
  for (const { path, read } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    whole.update(`${path}\0`).update(createHash('sha256').update(read()).digest())
  return whole.digest('hex')
}

async function add(walk: Walk, path: string, installed: string, above: readonly string[]): Promise<void> {
  const at = await placeIn(walk, path, above)
  if (at === undefined) return
  const status = await statusOf(at)
  if (status?.kind === 'folder') {
    if (above.length >= most.depth) throw limit(path, `folders are more than ${most.depth} deep`)
    for (const name of await listDir(at))
      if (!name.startsWith('.') && name !== '__pycache__')
        await add(walk, join(at, name), `${installed}/${name}`, [...above, at])
    return
  }
  const isSource = installed.endsWith('.py') || isPasteFile(installed)
  const compiled = compiledFrom.exec(installed.slice(installed.lastIndexOf('/') + 1))?.[1]
  if (!isSource && compiled === undefined) return
  if (walk.files.length >= most.files) throw limit(walk.root, `it has more than ${most.files} sources`)
  if (isSource && status?.kind !== 'file')
    throw new SvcsplitError('E-FS-KIND', `${visible(path)} is not a file`, { at: { path } })
  if (compiled !== undefined) walk.files.push(opaque(installed.replace(/[^/]+$/, compiled)))
  // a generated table of this size names nothing that anybody imports
  else if (status!.size > most.bytes) walk.files.push(opaque(installed.replace(/\.[^./]+$/, '')))
  else walk.files.push({ path: installed, read: () => readBytesSync(at, { maxBytes: most.bytes }) })
}

/** Where a path leads; a link that leads to a folder above itself is left out, one that leads out is refused. */
async function placeIn({ root }: Walk, path: string, above: readonly string[]): Promise<string | undefined> {
  if ((await statusOf(path))?.kind !== 'link') return path
  const target = await realPathOf(path)
  if (target === undefined || above.includes(target)) return undefined
  if (target.startsWith(`${root}${sep}`)) return target
  throw new SvcsplitError('E-FS-KIND', `${visible(path)} is a link that leads out of the checkout`, {
    at: { path },
    hint: 'nothing outside it is read: put the file in its place, or take the link away',
  })
}

function opaque(module: string): SourceFile {
  return { path: `${module}.so`, read: () => new Uint8Array() }
}

function limit(path: string, what: string): SvcsplitError {
  return new SvcsplitError('E-FS-LIMIT', `${visible(path)} cannot be read as a checkout: ${what}`, {
    at: { path },
  })
}
