import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { listDir, readText, statusOf } from '#io/files.js'
import type { ReadSetupCall } from '#pep/setup-call.js'
import { type CheckoutFiles, largest, readCheckoutFiles, type Table, table } from './checkout-files.js'
import { checkoutMetadata } from './checkout-metadata.js'
import { linesOf, type SetupCfg } from './setup-cfg.js'

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

/** Where pbr and setuptools keep configuration files: `etc/glance = etc/glance-api.conf`. */
function configurationOf(setup: SetupCfg): readonly string[] {
  const files = setup.get('files')?.get('data_files')
  return linesOf(files).flatMap((line) => /^(etc\/[A-Za-z0-9._-]+)\s*=/.exec(line)?.[1] ?? [])
}

/** `nova/wsgi/metadata.py` in a checkout is served as `nova.wsgi.metadata:application`. */
export async function wsgiModules(
  { folder, setup }: CheckoutFiles,
  distribution: string,
): Promise<readonly string[]> {
  const own = distribution
    .toLowerCase()
    .replace(/^openstack-/, '')
    .replaceAll('-', '_')
  const packages = [...linesOf(setup.get('files')?.get('packages')), own]
  const found: string[] = []
  for (const name of new Set(packages.filter((one) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(one)))) {
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

/**
 * Reads a checkout: pyproject.toml (PEP 621, PEP 735), setup.cfg and setup.py (setuptools and pbr), requirements.txt,
 * PKG-INFO. Nothing of it is run. @throws as `readCheckoutFiles` and `checkoutMetadata`, E-REQ-CYCLE
 */
export async function readCheckout(folder: string, readSetupCall: ReadSetupCall): Promise<ServiceSource> {
  const files = await readCheckoutFiles(folder, readSetupCall)
  const { distribution, version, extras, requirements, entryPoints } = await checkoutMetadata(files)
  const { pyproject, setup } = files
  const groups = table(pyproject['dependency-groups'])
  const scripts = ['console_scripts', 'wsgi_scripts'].flatMap((group) => [
    ...(entryPoints.get(group)?.keys() ?? []),
  ])
  return {
    distribution,
    ...(version === undefined ? {} : { version }),
    scripts: [...new Set(scripts)].sort(),
    wsgi: await wsgiModules(files, distribution),
    extras,
    requirements,
    groups: new Map(
      Object.keys(groups).map((name) => [name, groupDemands(groups, name, join(folder, 'pyproject.toml'))]),
    ),
    configuration: [...new Set(configurationOf(setup))].sort(),
  }
}
