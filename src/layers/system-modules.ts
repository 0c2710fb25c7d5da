/**
 * Modules that an environment takes from packages of its base, such as `rados` and `libvirt`, which are made for the
 * base's own Python and are on no index. A line of a `.pth` file that begins with `import` is run when Python starts
 * (documentation of `site`); the finder that it adds comes last, so that the environment's own distributions win.
 */

/** Where the packages of Debian and Ubuntu have their modules. */
const folder = '/usr/lib/python3/dist-packages'

/** Where the file lies; absolute. */
export function systemModulesPath({
  prefix,
  python,
}: {
  readonly prefix: string
  readonly python: string
}): string {
  return `${prefix}/lib/python${python}/site-packages/svcsplit-system-modules.pth`
}

/** What the file has; empty for no modules. Names have been checked to be names of modules. */
export function systemModulesText(modules: readonly string[]): string {
  if (modules.length === 0) return ''
  const names = [...new Set(modules)].sort().map((name) => `'${name}', `)
  return `# Written by svcsplit: these modules come from packages of the base, and no others.
import sys; from importlib.machinery import PathFinder; sys.meta_path.append(type('SystemModules', (), {'find_spec': staticmethod(lambda name, path=None, target=None, find=PathFinder.find_spec: find(name, ['${folder}'], target) if path is None and name in (${names.join('')}) else None)}))
`
}

/** The modules that a file names; none if it is not one that was written here. */
export function systemModulesIn(text: string): readonly string[] {
  const names = [
    ...(/ in \(((?:'\w{1,100}', ){1,500})\) else /.exec(text)?.[1]?.matchAll(/'(\w+)'/g) ?? []),
  ].map(([, name]) => name!)
  return text === systemModulesText(names) ? names : []
}
