import type { DistributionName } from '#pep/name.js'

/** Where an environment lies and which Python runs it. */
export interface Environment {
  /** Absolute, without a slash at the end: `/opt/venv`. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
}

/** Folders of an environment, relative to `/` as the entries of a layer are. */
export interface Scheme {
  readonly root: string
  readonly sitePackages: string
  readonly scripts: string
  readonly headers: string
  /** Absolute. */
  readonly interpreter: string
}

/** The `venv` scheme of sysconfig, and pip's folder for headers. */
export function schemeOf(environment: Environment, name: DistributionName): Scheme {
  const root = environment.prefix.slice(1)
  return {
    root,
    sitePackages: `${root}/lib/python${environment.python}/site-packages`,
    scripts: `${root}/bin`,
    headers: `${root}/include/site/python${environment.python}/${name}`,
    interpreter: `${environment.prefix}/bin/python`,
  }
}

/** Where a file of a wheel goes; none if its scheme is unknown. `script` says that its first line may change. */
export function destinationOf(
  member: string,
  dataFolder: string,
  scheme: Scheme,
): { readonly path: string; readonly script: boolean } | undefined {
  const top = member.slice(0, Math.max(member.indexOf('/'), 0))
  if (!top.endsWith('.data')) return { path: `${scheme.sitePackages}/${member}`, script: false }
  if (top !== dataFolder) return undefined
  const rest = member.slice(top.length + 1)
  const slash = rest.indexOf('/')
  if (slash < 0) return undefined
  const path = rest.slice(slash + 1)
  switch (rest.slice(0, slash)) {
    case 'purelib':
    case 'platlib':
      return { path: `${scheme.sitePackages}/${path}`, script: false }
    case 'scripts':
      return { path: `${scheme.scripts}/${path}`, script: true }
    case 'headers':
      return { path: `${scheme.headers}/${path}`, script: false }
    case 'data':
      return { path: `${scheme.root}/${path}`, script: false }
    default:
      return undefined
  }
}

/** The files that make the environment one belong to it, not to a distribution. */
export function isReserved(path: string, scheme: Scheme): boolean {
  if (path === `${scheme.root}/pyvenv.cfg`) return true
  if (!path.startsWith(`${scheme.scripts}/`)) return false
  return /^python(?:[0-9][0-9.]*[a-z]*)?w?$/i.test(path.slice(scheme.scripts.length + 1))
}

/** A path as RECORD writes it: relative to site-packages. */
export function recordPath(path: string, scheme: Scheme): string {
  const inside = `${scheme.sitePackages}/`
  if (path.startsWith(inside)) return path.slice(inside.length)
  return `../../../${path.slice(scheme.root.length + 1)}`
}
