import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { parseConstraintsText } from '#inputs/constraints-file.js'
import { shippedRoot } from '#inputs/fleet.js'
import { parseReleases } from '#inputs/releases.js'
import { parseRequirementsText } from '#inputs/requirements-file.js'
import { decodeText } from '#inputs/text-lines.js'
import { listDir, readBytes, readText, remove, statusOf } from '#io/files.js'
import { writeIfChanged } from '#io/write-files.js'
import type { Progress } from '#progress.js'

export interface CatalogImportOptions {
  /** Folder with `releases.json`, `<release>/upper-constraints.txt` and `<release>/<service>/requirements.txt`. */
  readonly from: string
  /** The `constraints/` folder to write; default: the shipped one. */
  readonly to?: string
  readonly progress?: Progress
}

export interface CatalogImportResult {
  readonly releases: readonly string[]
  readonly requirementsFiles: number
  /** Paths relative to `to`. */
  readonly written: readonly string[]
  readonly removed: readonly string[]
}

const releaseName = /^\d{4}\.[12]$/
const serviceName = /^[a-z][a-z0-9-]*$/

/**
 * Normalises release data into `constraints/`: sorted `releases.json`, and upstream's constraints and requirements
 * byte for byte, so that their line numbers stay upstream's. All input is read and checked before anything is written.
 */
export async function catalogImport(options: CatalogImportOptions): Promise<CatalogImportResult> {
  const { from, to = join(shippedRoot(), 'constraints') } = options
  const files = new Map<string, string | Uint8Array>()
  const path = join(from, 'releases.json')
  const text = await readText(path)
  const releases = parseReleases(text, path)
  files.set('releases.json', normalizedReleases(text, path))
  let requirementsFiles = 0
  for (const release of releases.list) {
    if (!releaseName.test(release.name)) throw form(path, `${JSON.stringify(release.name)} is not a release`)
    const constraintsPath = join(from, release.name, 'upper-constraints.txt')
    const constraints = await readBytes(constraintsPath)
    if (parseConstraintsText(decodeText(constraints, constraintsPath), constraintsPath).pins.size === 0)
      throw new SvcsplitError('E-CON-FORM', 'a constraints file without any pin', {
        at: { path: constraintsPath },
      })
    files.set(`${release.name}.txt`, constraints)
    for (const service of release.services.keys()) {
      if (!serviceName.test(service)) throw form(path, `${JSON.stringify(service)} is not a service name`)
      const requirementsPath = join(from, release.name, service, 'requirements.txt')
      if ((await statusOf(requirementsPath)) === undefined) continue
      const requirements = await readBytes(requirementsPath)
      parseRequirementsText(decodeText(requirements, requirementsPath), requirementsPath)
      files.set(`requirements/${service}-${release.name}.txt`, requirements)
      requirementsFiles += 1
    }
    options.progress?.step?.('reading releases', files.size)
  }
  return { releases: releases.list.map(({ name }) => name), requirementsFiles, ...(await publish(files, to)) }
}

/** Writes what differs, then removes the files of the same kinds that are no longer there. */
async function publish(
  files: ReadonlyMap<string, string | Uint8Array>,
  to: string,
): Promise<{ readonly written: readonly string[]; readonly removed: readonly string[] }> {
  const written: string[] = []
  for (const [name, content] of files) if (await writeIfChanged(join(to, name), content)) written.push(name)
  const present = [
    ...(await listDir(to)).filter((name) => /^\d{4}\.[12]\.txt$/.test(name)),
    ...(await listIfPresent(join(to, 'requirements')))
      .filter((name) => /^[a-z][a-z0-9-]*-\d{4}\.[12]\.txt$/.test(name))
      .map((name) => `requirements/${name}`),
  ]
  const removed = present.filter((name) => !files.has(name))
  for (const name of removed) await remove(join(to, name))
  return { written: written.sort(), removed }
}

async function listIfPresent(path: string): Promise<readonly string[]> {
  return (await statusOf(path)) === undefined ? [] : listDir(path)
}

/** The same facts with sorted keys and one form of whitespace; only the known fields, and those must be there. */
function normalizedReleases(text: string, path: string): string {
  const raw = JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  const releases = sortedEntries(raw).map(([name, release]) => {
    const { constraints, services, series, status, slurp, released } = release
    const source = constraints as Readonly<Record<string, unknown>> | undefined
    if (typeof slurp !== 'boolean') throw form(path, `${name} does not say whether it is a SLURP release`)
    if (!/^[0-9a-f]{40}$/.test(textOf(source?.commit)))
      throw form(path, `${name} does not name the commit of its constraints`)
    return [
      name,
      {
        constraints: {
          commit: textOf(source?.commit),
          date: dayOf(source?.date, path, name),
          repository: textOf(source?.repository),
        },
        released: dayOf(released, path, name),
        series,
        services: Object.fromEntries(
          sortedEntries(services as Readonly<Record<string, { distribution: string; version: string }>>).map(
            ([service, { distribution, version }]) => [service, { distribution, version }],
          ),
        ),
        slurp,
        status,
      },
    ] as const
  })
  // release names are no array indices, so the order of insertion is the order in the text
  return `${JSON.stringify(Object.fromEntries(releases), null, 2)}\n`
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function dayOf(value: unknown, path: string, release: string): string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value))
    throw form(path, `${release} has a date that is not a day like 2025-04-02`)
  return value
}

function form(path: string, message: string): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `releases cannot be imported: ${message}`, { at: { path } })
}
