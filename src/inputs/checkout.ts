import { join } from 'node:path'
import { parse } from 'smol-toml'
import { SvcsplitError } from '#errors.js'
import { existsSync, listDir, readText, statusOf } from '#io/files.js'
import { isValidName } from '#pep/name.js'
import { linesOf, parseSetupCfg, type SetupCfg } from './setup-cfg.js'

/** What a service's own sources say of how it is packaged and started. */
export interface ServiceSource {
  /** As spelled there. */
  readonly distribution: string
  readonly version?: string
  /** Names of console and WSGI scripts, sorted. */
  readonly scripts: readonly string[]
  /** WSGI applications, as `package.wsgi.api:application`, sorted. */
  readonly wsgi: readonly string[]
  /** Extras that it has, sorted. */
  readonly extras: readonly string[]
  /** Demands as written, in order. */
  readonly requirements: readonly string[]
  /** Dependency groups (PEP 735) with what they demand, included groups filled in. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Folders of configuration that it brings, as `etc/glance`, sorted. */
  readonly configuration: readonly string[]
}

/** No sources that a person wrote are larger. */
const largest = { maxBytes: 4 * 1024 * 1024 }

export type Table = Readonly<Record<string, unknown>>

export function table(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {}
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

async function textIn(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name)
  return existsSync(path) ? readText(path, largest) : undefined
}

/** PEP 735: strings are demands, `{include-group = NAME}` stands for another group. */
function groupDemands(
  groups: Table,
  name: string,
  path: string,
  chain: readonly string[] = [],
): readonly string[] {
  if (chain.includes(name))
    throw new SvcsplitError(
      'E-REQ-CYCLE',
      `dependency groups include one another: ${[...chain, name].join(' -> ')}`,
      {
        at: { path },
      },
    )
  const group = groups[name]
  if (!Array.isArray(group))
    throw new SvcsplitError('E-REQ-SYNTAX', `there is no dependency group ${JSON.stringify(name)}`, {
      at: { path },
    })
  return group.flatMap((one): readonly string[] => {
    if (typeof one === 'string') return [one]
    const included = table(one)['include-group']
    return typeof included === 'string' ? groupDemands(groups, included, path, [...chain, name]) : []
  })
}

function readPyproject(text: string, path: string): Table {
  try {
    return parse(text) as Table
  } catch (cause) {
    const { line, column } = cause as { line?: number; column?: number }
    throw new SvcsplitError('E-REQ-SYNTAX', 'pyproject.toml is not TOML', {
      at: { path, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) },
      cause,
    })
  }
}

/** Names in `name = module:function` lines. */
function scriptNames(value: string | undefined): readonly string[] {
  return linesOf(value).flatMap((line) => /^([^=\s]+)\s*=/.exec(line)?.[1] ?? [])
}

/** Where pbr and setuptools keep configuration files: `etc/glance = etc/glance-api.conf`. */
function configurationOf(setup: SetupCfg): readonly string[] {
  const files = setup.get('files')?.get('data_files')
  return linesOf(files).flatMap((line) => /^(etc\/[A-Za-z0-9._-]+)\s*=/.exec(line)?.[1] ?? [])
}

/** `nova/wsgi/metadata.py` in a checkout is served as `nova.wsgi.metadata:application`. */
async function wsgiModules(folder: string, packages: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of packages) {
    const path = join(folder, name, 'wsgi')
    if ((await statusOf(path))?.kind !== 'folder') continue
    for (const file of await listDir(path)) {
      if (!/^[a-z][a-z0-9_]*\.py$/.test(file)) continue
      if (/^application\b/m.test(await readText(join(path, file), largest)))
        found.push(`${name}.wsgi.${file.slice(0, -3)}:application`)
    }
  }
  return found.sort()
}

/** The files that say how it is packaged, empty where they are not there. @throws E-FS-*, E-REQ-SYNTAX */
export async function checkoutFiles(
  folder: string,
): Promise<{ readonly pyproject: Table; readonly setup: SetupCfg }> {
  const [pyproject, setup] = [await textIn(folder, 'pyproject.toml'), await textIn(folder, 'setup.cfg')]
  return {
    pyproject: pyproject === undefined ? {} : readPyproject(pyproject, join(folder, 'pyproject.toml')),
    setup: setup === undefined ? new Map() : parseSetupCfg(setup, join(folder, 'setup.cfg')),
  }
}

/**
 * Reads a checkout: pyproject.toml (PEP 621, PEP 735), setup.cfg (setuptools and pbr), requirements.txt.
 * Nothing of it is run. @throws E-FS-*, E-REQ-SYNTAX where none of them names a distribution
 */
export async function readCheckout(folder: string): Promise<ServiceSource> {
  const { pyproject, setup } = await checkoutFiles(folder)
  const requirementsText = await textIn(folder, 'requirements.txt')
  const path = join(folder, 'pyproject.toml')
  const project = table(pyproject.project)
  const distribution =
    typeof project.name === 'string' ? project.name : (setup.get('metadata')?.get('name') ?? '')
  if (!isValidName(distribution))
    throw new SvcsplitError('E-REQ-SYNTAX', 'neither pyproject.toml nor setup.cfg names a distribution', {
      at: { path: folder },
      hint: 'name the checkout of a Python service, or the distribution itself: svcsplit init NAME',
    })
  const entryPoints = setup.get('entry_points') ?? setup.get('options.entry_points')
  const groups = table(pyproject['dependency-groups'])
  const optional = Object.keys(table(project['optional-dependencies']))
  const isDynamic = texts(project.dynamic).includes('dependencies') || project.dependencies === undefined
  const declared = isDynamic
    ? [...linesOf(setup.get('options')?.get('install_requires')), ...linesOf(requirementsText)]
    : texts(project.dependencies)
  const extras = [...(setup.get('extras') ?? setup.get('options.extras_require') ?? new Map()).keys()]
  const scripts = [
    ...Object.keys(table(project.scripts)),
    ...Object.keys(table(table(project['entry-points']).wsgi_scripts)),
    ...scriptNames(entryPoints?.get('console_scripts')),
    ...scriptNames(entryPoints?.get('wsgi_scripts')),
  ]
  const packages = [
    ...linesOf(setup.get('files')?.get('packages')),
    distribution
      .toLowerCase()
      .replace(/^openstack-/, '')
      .replaceAll('-', '_'),
  ].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  return {
    distribution,
    ...(typeof project.version === 'string' ? { version: project.version } : {}),
    scripts: [...new Set(scripts)].sort(),
    wsgi: await wsgiModules(folder, [...new Set(packages)]),
    extras: [...new Set([...optional, ...extras])].sort(),
    requirements: declared,
    groups: new Map(Object.keys(groups).map((name) => [name, groupDemands(groups, name, path)])),
    configuration: [...new Set(configurationOf(setup))].sort(),
  }
}
