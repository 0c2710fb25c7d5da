import { join } from 'node:path'
import { SvcsplitError, visible } from '#errors.js'
import { existsSync } from '#io/files.js'
import { isStatic } from '#pep/core-metadata.js'
import { isValidName } from '#pep/name.js'
import type { SetupValue } from '#pep/setup-call.js'
import { type CheckoutFiles, table, texts } from './checkout-files.js'
import { parseRequirementsFile, type ReadInput, readInput } from './requirements-file.js'
import { linesOf, parseSetupCfg } from './setup-cfg.js'

/** What the wheel would say that is made of a checkout. */
export interface CheckoutMetadata {
  /** As spelled there. */
  readonly distribution: string
  /** The version that it states; none where tags tell it (pbr, setuptools_scm). */
  readonly version?: string
  readonly requiresPython?: string
  /** Demands as written, in order, those of no extra first. */
  readonly requirements: readonly string[]
  /** Requires-Dist lines of its extras. */
  readonly extraRequirements: readonly string[]
  /** Sorted. */
  readonly extras: readonly string[]
  /** Group -> name -> object reference. */
  readonly entryPoints: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** Who packages it: pbr has its demands in requirements.txt, setuptools where `setup.cfg` or `setup()` say so. */
export function isOfPbr({ pyproject, setup, call }: CheckoutFiles): boolean {
  const build = texts(table(pyproject['build-system']).requires)
  return (
    call?.stated.get('pbr') === true ||
    setup.has('files') ||
    setup.has('pbr') ||
    build.some((line) => /^pbr\b/i.test(line))
  )
}

/**
 * What a checkout states: PKG-INFO where it holds for every build (PEP 643), else pyproject.toml (PEP 621), else what
 * `setup.py` writes out, setup.cfg, and the requirements files that they or pbr name.
 * @throws E-REQ-COMPUTED where building it would work out what is asked, E-REQ-SYNTAX where nothing names a distribution,
 * E-REQ-*, E-FS-*
 */
export async function checkoutMetadata(files: CheckoutFiles): Promise<CheckoutMetadata> {
  const { folder, packed, pyproject, setup, call } = files
  const project = table(pyproject.project)
  const names = [packed?.name, project.name, call?.stated.get('name'), setup.get('metadata')?.get('name')]
  const distribution = names.find((one) => typeof one === 'string')
  if (typeof distribution !== 'string' || !isValidName(distribution)) {
    if (distribution === undefined && call !== undefined) argument(files, 'name')
    throw new SvcsplitError('E-REQ-SYNTAX', 'nothing in it names a distribution', {
      at: { path: folder },
      hint: 'name the folder of pyproject.toml, setup.cfg or setup.py, or the distribution itself: svcsplit init NAME',
    })
  }
  const versions = [
    packed?.version,
    project.version,
    call?.stated.get('version'),
    setup.get('metadata')?.get('version'),
  ]
  // `attr: shop.__version__` is worked out when it is packaged
  const version = versions.find((one) => typeof one === 'string' && /^\d[\w.!+-]*$/.test(one)) as
    | string
    | undefined
  const entryPoints = await entryPointsOf(files)
  if (packed !== undefined && isStatic(packed))
    return {
      distribution,
      version: packed.version,
      ...(packed.requiresPython === undefined ? {} : { requiresPython: packed.requiresPython }),
      requirements: packed.requiresDist,
      extraRequirements: [],
      extras: [...packed.providesExtra].sort(),
      entryPoints,
    }
  const requiresPython = requiresPythonOf(files)
  const extras = await extrasOf(files)
  return {
    distribution,
    ...(version === undefined ? {} : { version }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    requirements: await requirementsOf(files),
    extraRequirements: [...extras].flatMap(([extra, lines]) => lines.map((line) => under(extra, line))),
    extras: [
      ...new Set([...extras.keys()].map((key) => key.split(':')[0]!).filter((name) => name !== '')),
    ].sort(),
    entryPoints,
  }
}

/** PEP 621: what is there and not listed as dynamic is all there is. */
function isLeftOpen({ pyproject }: CheckoutFiles, field: string): boolean {
  const project = table(pyproject.project)
  return Object.keys(project).length === 0 || texts(project.dynamic).includes(field)
}

/** What `setup.py` gives for a keyword; undefined where it gives nothing. @throws E-REQ-COMPUTED */
function argument({ folder, call }: CheckoutFiles, keyword: string): SetupValue | undefined {
  const stated = call?.stated.get(keyword)
  const line = call?.computed.get(keyword) ?? call?.computed.get('*')
  if (stated !== undefined || line === undefined) return stated
  throw computed(`setup.py works out its ${keyword} when it runs`, { path: join(folder, 'setup.py'), line })
}

function computed(message: string, at: { readonly path: string; readonly line?: number }): SvcsplitError {
  return new SvcsplitError('E-REQ-COMPUTED', message, {
    at,
    hint: 'nothing of a checkout is run: state it in pyproject.toml or setup.cfg, or give its wheel as the source',
  })
}

function requiresPythonOf(files: CheckoutFiles): string | undefined {
  const { pyproject, setup } = files
  const project = table(pyproject.project)
  if (typeof project['requires-python'] === 'string') return project['requires-python']
  if (!isLeftOpen(files, 'requires-python')) return undefined
  const metadata = setup.get('metadata')
  const given = isOfPbr(files) ? undefined : argument(files, 'python_requires')
  const stated = [
    given,
    setup.get('options')?.get('python_requires'),
    ...['python-requires', 'python_requires', 'requires-python'].map((key) => metadata?.get(key)),
  ]
  return stated.find((one) => typeof one === 'string' && one !== '') as string | undefined
}

async function requirementsOf(files: CheckoutFiles): Promise<readonly string[]> {
  const { folder, pyproject, setup } = files
  const project = table(pyproject.project)
  if (!isLeftOpen(files, 'dependencies')) return texts(project.dependencies)
  const dynamic = table(table(table(pyproject.tool).setuptools).dynamic)
  const named = filesNamed(dynamic.dependencies)
  if (named.length > 0) return demandsIn(folder, named)
  const ofPbr = async (): Promise<readonly string[]> =>
    existsSync(join(folder, 'requirements.txt')) ? demandsIn(folder, ['requirements.txt']) : []
  if (isOfPbr(files)) return ofPbr()
  const given = argument(files, 'install_requires')
  if (given !== undefined) return listOf(given)
  const declared = setup.get('options')?.get('install_requires')
  if (declared !== undefined) return declaredLines(folder, declared)
  if (files.call !== undefined || setup.has('options')) return []
  if (Object.keys(project).length === 0 || existsSync(join(folder, 'requirements.txt'))) return ofPbr()
  throw computed('its dependencies are worked out when it is packaged', {
    path: join(folder, 'pyproject.toml'),
  })
}

/** Extra (or `extra:marker`, as setuptools has it) -> demands. */
async function extrasOf(files: CheckoutFiles): Promise<ReadonlyMap<string, readonly string[]>> {
  const { folder, pyproject, setup } = files
  const found = new Map<string, readonly string[]>()
  for (const [extra, lines] of Object.entries(table(table(pyproject.project)['optional-dependencies'])))
    found.set(extra, texts(lines))
  if (!isLeftOpen(files, 'optional-dependencies')) return found
  const dynamic = table(table(table(pyproject.tool).setuptools).dynamic)
  for (const [extra, value] of Object.entries(table(dynamic['optional-dependencies'])))
    found.set(extra, await demandsIn(folder, filesNamed(value)))
  const given = isOfPbr(files) ? undefined : argument(files, 'extras_require')
  for (const [extra, lines] of Object.entries(table(given))) found.set(extra, listOf(lines as SetupValue))
  // pbr has a marker in brackets at the end of a line, which is no part of the name
  for (const [extra, value] of setup.get('extras') ?? [])
    found.set(
      extra,
      linesOf(value).map((line) => line.replace(/\s+\(.*\)$/, '')),
    )
  for (const [extra, value] of setup.get('options.extras_require') ?? [])
    if (!found.has(extra)) found.set(extra, await declaredLines(folder, value))
  return found
}

async function entryPointsOf(files: CheckoutFiles): Promise<CheckoutMetadata['entryPoints']> {
  const { pyproject, setup } = files
  const project = table(pyproject.project)
  const groups = new Map<string, Map<string, string>>()
  const add = (group: string, name: string, target: unknown): void => {
    if (typeof target !== 'string') return
    const known = groups.get(group) ?? new Map<string, string>()
    groups.set(group, known.set(name, target))
  }
  const addLines = (group: string, lines: readonly string[]): void => {
    for (const line of lines) {
      const found = /^([^=]*[^=\s])\s*=\s*(\S.*)$/.exec(line)
      if (found !== null) add(group, found[1]!, found[2])
    }
  }
  for (const [name, target] of Object.entries(table(project.scripts))) add('console_scripts', name, target)
  for (const [group, entries] of Object.entries(table(project['entry-points'])))
    for (const [name, target] of Object.entries(table(entries))) add(group, name, target)
  const isOpen = ['scripts', 'entry-points'].some((field) => isLeftOpen(files, field))
  const given =
    isOpen && !isOfPbr(files) && files.packed === undefined ? argument(files, 'entry_points') : undefined
  // an ini text, or a table of lists
  const written =
    typeof given === 'string'
      ? [...parseSetupCfg(unindented(given), join(files.folder, 'setup.py'))].map(
          ([group, entries]) => [group, [...entries].map(([name, target]) => `${name} = ${target}`)] as const,
        )
      : Object.entries(table(given)).map(([group, lines]) => [group, listOf(lines as SetupValue)] as const)
  for (const [group, lines] of written) addLines(group, lines)
  for (const [group, lines] of setup.get('entry_points') ?? setup.get('options.entry_points') ?? [])
    addLines(group, linesOf(lines))
  return groups
}

function unindented(text: string): string {
  return text.replaceAll(/^[ \t]+/gm, '')
}

/** A text of setuptools has a line for each. */
function listOf(value: SetupValue): readonly string[] {
  return typeof value === 'string' ? linesOf(value) : texts(value)
}

/** `{file = ["requirements.txt"]}`, or one name. */
function filesNamed(value: unknown): readonly string[] {
  const { file } = table(value)
  return typeof file === 'string' ? [file] : texts(file)
}

/** Lines of setup.cfg, or `file: requirements.txt, more.txt`. */
async function declaredLines(folder: string, value: string): Promise<readonly string[]> {
  const named = /^\s*file:\s*(\S[\s\S]*)$/.exec(value)?.[1]
  return named === undefined
    ? linesOf(value)
    : demandsIn(
        folder,
        named.split(/[\s,]+/).filter((one) => one !== ''),
      )
}

/** Demands of requirements files of the checkout. @throws E-REQ-*, E-FS-* */
async function demandsIn(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const read: ReadInput = (path, at) => {
    if (path.startsWith(`${folder}/`) && !path.split('/').includes('..')) return readInput(path, at)
    throw new SvcsplitError('E-FS-KIND', `${visible(path)} is not in the checkout`, {
      at: at ?? { path: folder },
      hint: 'nothing outside it is read',
    })
  }
  const found: string[] = []
  for (const name of names) {
    const { requirements } = await parseRequirementsFile(join(folder, name), { read })
    found.push(...requirements.map(({ text }) => text))
  }
  return found
}

/** A demand of an extra as Requires-Dist has it. */
function under(key: string, line: string): string {
  const [extra = '', condition] = key.split(':')
  const [what = '', marker] = line.split(';').map((part) => part.trim())
  const markers = [marker, condition].filter((one) => one !== undefined).map((one) => `(${one})`)
  return `${what}; ${[...markers, ...(extra === '' ? [] : [`extra == '${extra}'`])].join(' and ')}`
}
