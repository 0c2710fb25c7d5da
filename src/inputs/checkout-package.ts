import { join } from 'node:path'
import { listDir, statusOf } from '#io/files.js'
import { type CheckoutFiles, type Table, table, texts } from './checkout-files.js'
import { linesOf } from './setup-cfg.js'

/** Which files of a checkout its wheel would install, for what reads its code. */
export interface CheckoutPackage {
  /** Folder of the packages, `src` or the checkout itself as ''. */
  readonly under: string
  /** Packages and modules in that folder: `nova`, `oslo_config`, `six.py`. */
  readonly tops: readonly string[]
  /** Files of the checkout (`etc/api-paste.ini`) -> the folder that they are installed to (`etc/glance`), as pbr has it. */
  readonly dataFiles: ReadonlyMap<string, string>
  /** Modules that are written when it is packaged: `shop/_version.py`. */
  readonly generated: readonly string[]
}

/** Folders and modules that stand beside a package and are not installed. */
const beside =
  /^(?:tests?|testing|docs?|examples?|samples?|tools?|scripts?|benchmarks?|build|dist|etc|releasenotes|api-ref|playbooks|roles|devstack|setup\.py|conftest\.py|noxfile\.py|tasks\.py|versioneer\.py)$/

/** @throws E-FS-* */
export async function checkoutPackage(files: CheckoutFiles, distribution: string): Promise<CheckoutPackage> {
  const { folder, pyproject, setup } = files
  const { packages, root } = namedIn(files)
  const under = root ?? ((await isPackageFolder(join(folder, 'src'))) ? 'src' : '')
  return {
    under,
    tops: await topsOf(folder, under, distribution, packages),
    dataFiles: dataFilesOf(linesOf(setup.get('files')?.get('data_files'))),
    generated: generatedBy(table(pyproject.tool)),
  }
}

/** Packages and modules that are named, as pbr and setuptools do, and the folder that they are said to be in. */
function namedIn({ pyproject, setup, call }: CheckoutFiles): {
  readonly packages: readonly string[]
  readonly root?: string
} {
  const [files, options] = [setup.get('files'), setup.get('options')]
  const setuptools = table(table(pyproject.tool).setuptools)
  const find = table(table(setuptools.packages).find)
  const packages = [
    ...linesOf(files?.get('packages')),
    ...linesOf(options?.get('packages')),
    ...texts(setuptools.packages),
    ...texts(call?.stated.get('packages')),
  ]
  const modules = [
    ...linesOf(files?.get('modules')),
    ...linesOf(options?.get('py_modules')),
    ...texts(setuptools['py-modules']),
    ...texts(call?.stated.get('py_modules')),
  ]
  const roots = [
    table(call?.stated.get('package_dir'))[''],
    table(setuptools['package-dir'])[''],
    linesOf(options?.get('package_dir')).flatMap((line) => /^=\s*(\S+)$/.exec(line)?.[1] ?? [])[0],
    setup.get('options.packages.find')?.get('where'),
    texts(find.where)[0],
  ]
  const root = roots.find((one) => typeof one === 'string' && /^\w[\w-]*(?:\/\w[\w-]*)*$/.test(one))
  return {
    packages: [...packages, ...modules.map((name) => `${name}.py`)],
    ...(typeof root === 'string' ? { root } : {}),
  }
}

async function isPackageFolder(path: string): Promise<boolean> {
  if ((await statusOf(path))?.kind !== 'folder') return false
  if (await isFile(join(path, '__init__.py'))) return false
  for (const name of await listDir(path))
    if (name.endsWith('.py') || (await isFile(join(path, name, '__init__.py')))) return true
  return false
}

async function isFile(path: string): Promise<boolean> {
  return (await statusOf(path))?.kind === 'file'
}

/** Named ones; else what the checkout is called, and every package and module that is not for its makers. */
async function topsOf(
  folder: string,
  under: string,
  distribution: string,
  named: readonly string[],
): Promise<readonly string[]> {
  const base = join(folder, under)
  const there: string[] = []
  for (const name of named.map(pathOfName).toSorted())
    if (!there.some((above) => name.startsWith(`${above}/`)) && (await isThere(base, name))) there.push(name)
  if (there.length > 0) return [...new Set(there)].sort()
  const own = new Set([distribution, distribution.replace(/^(?:openstack|python)-/, '')].map(moduleOf))
  const found: string[] = []
  for (const name of await listDir(base)) {
    const isOwn = own.has(name.replace(/\.py$/, ''))
    if (!isOwn && (beside.test(name) || name.startsWith('.'))) continue
    if (/^[A-Za-z_]\w*\.py$/.test(name) || (await isPackage(join(base, name), isOwn))) found.push(name)
  }
  return found.sort()
}

/** `oslo_config.tests` as `oslo_config/tests`, `six.py` as it is. */
function pathOfName(name: string): string {
  return name.replaceAll(/\.(?!py$)/g, '/')
}

async function isThere(base: string, name: string): Promise<boolean> {
  if (!/^[A-Za-z_]\w*(?:\/[A-Za-z_]\w*)*(?:\.py)?$/.test(name)) return false
  const kind = (await statusOf(join(base, name), { follow: true }))?.kind
  return kind === (name.endsWith('.py') ? 'file' : 'folder')
}

function moduleOf(distribution: string): string {
  return distribution.toLowerCase().replace(/[-.]+/g, '_')
}

/** A folder of the distribution's own name may be a namespace without `__init__.py`. */
async function isPackage(path: string, isOwn: boolean): Promise<boolean> {
  if (!/\/[A-Za-z_]\w*$/.test(path)) return false
  const kind = (await statusOf(path, { follow: true }))?.kind
  return kind === 'folder' && (isOwn || (await isFile(join(path, '__init__.py'))))
}

/** `etc/glance =` and under it a file a line. */
function dataFilesOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let to: string | undefined
  for (const line of lines) {
    const equals = line.indexOf('=')
    if (equals >= 0) to = line.slice(0, equals).trim()
    for (const file of line
      .slice(equals + 1)
      .trim()
      .split(/\s+/))
      if (file !== '' && to !== undefined) found.set(file, to)
  }
  return found
}

/** Files that setuptools_scm, hatch-vcs and their like write. */
function generatedBy(tool: Table): readonly string[] {
  const scm = table(tool.setuptools_scm)
  const hooks = table(table(table(tool.hatch).build).hooks)
  const named = [scm.version_file, scm.write_to, table(hooks.vcs)['version-file']]
  return named.filter((one): one is string => typeof one === 'string' && one.endsWith('.py'))
}
