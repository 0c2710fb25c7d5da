import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readTextSync } from '#io/files.js'

/** What is known of a suite of Debian or Ubuntu. */
export interface Suite {
  readonly name: string
  /** The Python that its bindings are made for: `3.11`. */
  readonly python: string
  /** Versions of the packages that profiles name, by package. */
  readonly packages: ReadonlyMap<string, string>
}

export const suitePackagesPath = 'constraints/system-packages.json'

/** The suites that are known, by name. @throws E-CAT-FORM */
export function loadSuites(root: string): readonly Suite[] {
  return parseSuites(readTextSync(join(root, suitePackagesPath)), suitePackagesPath)
}

export function parseSuites(text: string, path: string): readonly Suite[] {
  const malformed = (): SvcsplitError =>
    new SvcsplitError('E-CAT-FORM', 'the facts of system packages cannot be read', {
      at: { path },
      hint: 'svcsplit catalog packages makes them anew',
    })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed()
  }
  const { format, suites } = Object(value) as { format?: unknown; suites?: unknown }
  if (format !== 'svcsplit system-packages 1') throw malformed()
  return Object.entries(Object(suites) as Record<string, unknown>).map(([name, suite]) => {
    const { python, packages } = Object(suite) as { python?: unknown; packages?: unknown }
    const versions = Object.entries(Object(packages) as Record<string, unknown>)
    if (typeof python !== 'string' || versions.some(([, version]) => typeof version !== 'string'))
      throw malformed()
    return { name, python, packages: new Map(versions as [string, string][]) }
  })
}

export function formatSuites(suites: readonly Suite[]): string {
  const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1)
  const sorted = suites
    .toSorted(byName)
    .map(({ name, python, packages }) => [
      name,
      { python, packages: Object.fromEntries([...packages].sort(([a], [b]) => (a < b ? -1 : 1))) },
    ])
  const value = {
    format: 'svcsplit system-packages 1',
    made: 'svcsplit catalog packages SOURCE…, with the apt sources of each suite',
    suites: Object.fromEntries(sorted),
  }
  return `${JSON.stringify(value, null, 1)}\n`
}
