import { SvcsplitError } from '#errors.js'
import { type DistributionName, normalizeName } from '#pep/name.js'

/** A version that installs a path, and a fingerprint of what it puts there: mode, size and hash. */
export interface PathHolder {
  readonly name: DistributionName
  readonly version: string
  readonly content: string
}

/** A path that distributions of different names install with different contents. */
export interface SharedPath {
  /** Relative to the environment: `bin/tool`, `site-packages/pkg/__init__.py`. */
  readonly path: string
  /** Sorted by name, then in PEP 440 order. */
  readonly holders: readonly PathHolder[]
}

const header = '{"format":"svcsplit shared-paths 1","made":"svcsplit catalog update"}'

/**
 * Of everything that versions install, the paths that two distributions bring with different bytes.
 * @param holders for each version what it installs, in the order in which holders shall be told
 */
export function sharedPaths(
  holders: Iterable<{
    readonly name: DistributionName
    readonly version: string
    readonly paths: ReadonlyMap<string, string>
  }>,
): readonly SharedPath[] {
  const found = new Map<string, PathHolder[]>()
  for (const { name, version, paths } of holders)
    for (const [path, content] of paths) {
      const list = found.get(path)
      if (list === undefined) found.set(path, [{ name, version, content }])
      else list.push({ name, version, content })
    }
  return [...found]
    .filter(([, list]) => list.some((one) => list.some((other) => differs(one, other))))
    .map(([path, list]) => ({ path, holders: list }))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
}

/** Whether one environment cannot have both: another distribution, and other bytes. */
function differs(one: PathHolder, other: PathHolder): boolean {
  return one.name !== other.name && one.content !== other.content
}

export function formatSharedPaths(shared: readonly SharedPath[]): string {
  const lines = shared.map(({ path, holders }) =>
    JSON.stringify({ path, holders: holders.map(({ name, version, content }) => [name, version, content]) }),
  )
  return `${[header, ...lines].join('\n')}\n`
}

/** @throws E-CAT-FORM */
export function parseSharedPaths(text: string, path: string): readonly SharedPath[] {
  const form = (line: number, message: string): SvcsplitError =>
    new SvcsplitError('E-CAT-FORM', message, { at: { path, line } })
  const [first, ...lines] = text.split('\n')
  if (first !== header || lines.pop() !== '')
    throw form(1, 'not shared paths that this version of svcsplit reads')
  return lines.map((line, index) => {
    const raw = parsed(line, () => form(index + 2, 'a line that is not JSON'))
    const { path: shared, holders } = raw
    if (typeof shared !== 'string' || !Array.isArray(holders))
      throw form(index + 2, 'a line whose fields are not path and holders')
    return {
      path: shared,
      holders: holders.map((holder: unknown) => {
        if (!Array.isArray(holder) || holder.length !== 3 || !holder.every((one) => typeof one === 'string'))
          throw form(index + 2, 'a holder that is not name, version and content')
        const [name, version, content] = holder as [string, string, string]
        return { name: normalizeName(name), version, content }
      }),
    }
  })
}

function parsed(line: string, refuse: () => SvcsplitError): { path?: unknown; holders?: unknown } {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw refuse()
}
