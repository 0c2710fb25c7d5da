import { join } from 'node:path'
import { listDir, readText, statusOf } from '#io/files.js'
import { checkoutFiles, type Table, table, texts } from './checkout.js'
import { linesOf } from './setup-cfg.js'

/** What a checkout says of the wheel that would be made of it, for what reads its code. */
export interface CheckoutPackage {
  /** The version that it states; none where tags tell it (pbr, setuptools_scm). */
  readonly version?: string
  readonly requiresPython?: string
  /** Requires-Dist lines of its extras. */
  readonly extraRequirements: readonly string[]
  /** Group -> name -> object reference. */
  readonly entryPoints: ReadonlyMap<string, ReadonlyMap<string, string>>
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

/** @throws E-FS-*, E-REQ-SYNTAX */
export async function readCheckoutPackage(folder: string, distribution: string): Promise<CheckoutPackage> {
  const { pyproject, setup } = await checkoutFiles(folder)
  const project = table(pyproject.project)
  const metadata = setup.get('metadata')
  const stated = [project.version, metadata?.get('version'), await packedVersion(folder)]
  // `attr: shop.__version__` is worked out when it is packaged
  const version = stated.find((one): one is string => typeof one === 'string' && /^\d[\w.!+-]*$/.test(one))
  const requiresPython =
    typeof project['requires-python'] === 'string'
      ? project['requires-python']
      : (setup.get('options')?.get('python_requires') ?? metadata?.get('python-requires'))
  const under = (await isPackageFolder(join(folder, 'src'))) ? 'src' : ''
  return {
    ...(version === undefined ? {} : { version }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    extraRequirements: extraLines(project, setup.get('extras') ?? setup.get('options.extras_require')),
    entryPoints: entryPointsOf(project, setup.get('entry_points') ?? setup.get('options.entry_points')),
    under,
    tops: await topsOf(folder, under, distribution, linesOf(setup.get('files')?.get('packages'))),
    dataFiles: dataFilesOf(linesOf(setup.get('files')?.get('data_files'))),
    generated: generatedBy(table(pyproject.tool)),
  }
}

/** Unpacked sdists have PKG-INFO. */
async function packedVersion(folder: string): Promise<string | undefined> {
  const path = join(folder, 'PKG-INFO')
  if ((await statusOf(path))?.kind !== 'file') return undefined
  return /^Version:[ \t]*(\S+)[ \t]*$/m.exec(await readText(path, { maxBytes: 4 * 1024 * 1024 }))?.[1]
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

/** Named ones (pbr); else what the checkout is called, and every package and module that is not for its makers. */
async function topsOf(
  folder: string,
  under: string,
  distribution: string,
  named: readonly string[],
): Promise<readonly string[]> {
  const base = join(folder, under)
  const inNamed = named.map((name) => name.replaceAll('.', '/'))
  const there: string[] = []
  for (const name of inNamed.filter((one) => /^[A-Za-z_]\w*(?:\/[A-Za-z_]\w*)*$/.test(one)))
    if ((await statusOf(join(base, name), { follow: true }))?.kind === 'folder') there.push(name)
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

function entryPointsOf(
  project: Table,
  setup: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const groups = new Map<string, Map<string, string>>()
  const add = (group: string, name: string, target: unknown): void => {
    if (typeof target !== 'string') return
    const known = groups.get(group) ?? new Map<string, string>()
    groups.set(group, known.set(name, target))
  }
  for (const [name, target] of Object.entries(table(project.scripts))) add('console_scripts', name, target)
  for (const [group, entries] of Object.entries(table(project['entry-points'])))
    for (const [name, target] of Object.entries(table(entries))) add(group, name, target)
  for (const [group, lines] of setup ?? [])
    for (const line of linesOf(lines)) {
      const found = /^([^=]*[^=\s])\s*=\s*(\S.*)$/.exec(line)
      if (found !== null) add(group, found[1]!, found[2])
    }
  return groups
}

function extraLines(project: Table, setup: ReadonlyMap<string, string> | undefined): readonly string[] {
  const under = (extra: string, line: string): string => {
    const [what = '', marker] = line.split(';').map((part) => part.trim())
    return `${what}; ${marker === undefined ? '' : `(${marker}) and `}extra == '${extra}'`
  }
  return [
    ...Object.entries(table(project['optional-dependencies'])).flatMap(([extra, lines]) =>
      texts(lines).map((line) => under(extra, line)),
    ),
    // pbr has a marker in brackets at the end of a line, which is no part of the name
    ...[...(setup ?? [])].flatMap(([extra, lines]) =>
      linesOf(lines).map((line) => under(extra, line.replace(/\s+\(.*\)$/, ''))),
    ),
  ]
}

/** Files that setuptools_scm, hatch-vcs and their like write. */
function generatedBy(tool: Table): readonly string[] {
  const scm = table(tool.setuptools_scm)
  const hooks = table(table(table(tool.hatch).build).hooks)
  const named = [scm.version_file, scm.write_to, table(hooks.vcs)['version-file']]
  return named.filter((one): one is string => typeof one === 'string' && one.endsWith('.py'))
}
