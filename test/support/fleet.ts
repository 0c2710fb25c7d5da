import type { Metadata } from '#catalog/catalog.js'
import type { SharedPath } from '#catalog/shared-paths.js'
import type { Candidate, Cell } from '#collisions/analysis.js'
import type { Host } from '#collisions/check.js'
import type { EntryPoints } from '#collisions/entry-points.js'
import { matrix } from '#collisions/matrix.js'
import { parseConstraintsText, pinsFor } from '#inputs/constraints-file.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { compareVersions, parseVersion } from '#pep/version.js'
import type { Pins } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'

/** `name version` -> what it demands, and what else its metadata says. */
export type Facts = Readonly<
  Record<
    string,
    readonly string[] | { requires?: readonly string[]; extras?: readonly string[]; python?: string }
  >
>

/** A small fleet as a test writes it. */
export interface SmallFleet {
  readonly facts: Facts
  /** Release -> constraints lines. */
  readonly pins: Readonly<Record<string, readonly string[]>>
  /** The service, `name version`, and the release that ships it. */
  readonly service: string
  readonly release?: string
  readonly extras?: readonly string[]
  readonly additions?: readonly string[]
  /** Lines of the service's own requirements file. */
  readonly own?: readonly string[]
  readonly entryPoints?: EntryPoints
  readonly python?: string
  readonly sharedPaths?: readonly SharedPath[]
}

export function factsFrom(facts: Facts): ClosureFacts {
  const rows = new Map<string, Metadata>()
  const versions = new Map<DistributionName, string[]>()
  for (const [key, value] of Object.entries(facts)) {
    const [name = '', version = ''] = key.split(' ')
    const said = 'length' in value ? { requires: value } : value
    const distribution = normalizeName(name)
    rows.set(`${distribution} ${parseVersion(version).text}`, {
      distribution,
      version,
      from: 'wheel',
      requires: said.requires ?? [],
      extras: ('extras' in said ? said.extras : undefined) ?? [],
      ...('python' in said && said.python !== undefined ? { requiresPython: said.python } : {}),
    })
    versions.set(distribution, [...(versions.get(distribution) ?? []), version])
  }
  for (const list of versions.values())
    list.sort((one, other) => compareVersions(parseVersion(one), parseVersion(other)))
  return {
    metadata: (name, version) => rows.get(`${name} ${parseVersion(version).text}`),
    versions: (name) => versions.get(name) ?? [],
  }
}

export function pinsOf(lines: readonly string[], python = '3.11', path = 'constraints.txt'): Pins {
  return pinsFor(parseConstraintsText(lines.join('\n'), path), markerEnvironment(python, 'linux/amd64'))
}

/** The one cell of a service on a host: what question 1 answers. */
export function checkSmall(fleet: SmallFleet, hostRelease: string): Cell {
  const python = fleet.python ?? '3.11'
  const environment = markerEnvironment(python, 'linux/amd64')
  const [name = '', version = ''] = fleet.service.split(' ')
  const { release } = fleet
  const own = release === undefined ? undefined : pinsOf(fleet.pins[release]!, python, `${release}.txt`)
  const placed = (lines: readonly string[], path: string) =>
    lines.map((text, index) => ({
      requirement: parseRequirement(text),
      at: { path, line: index + 1, column: 1, text },
    }))
  const candidate: Candidate = {
    service: name,
    version,
    ...(release === undefined ? {} : { release }),
    root: {
      service: name,
      distribution: { name: normalizeName(name), version },
      extras: fleet.extras ?? [],
      additions: placed(fleet.additions ?? [], 'profile.yaml'),
      ...(fleet.own === undefined ? {} : { own: placed(fleet.own, 'requirements.txt') }),
    },
    ownPins: () => own,
    entryPoints: () => fleet.entryPoints,
  }
  const host: Host = {
    label: hostRelease,
    release: hostRelease,
    python,
    platform: 'linux/amd64',
    environment,
    pins: pinsOf(fleet.pins[hostRelease]!, python, `${hostRelease}.txt`),
  }
  const { sharedPaths } = fleet
  const options = { notes: true, ...(sharedPaths === undefined ? {} : { sharedPaths }) }
  return matrix([candidate], [host], environment, factsFrom(fleet.facts), options).cells[0]!
}

/** Findings in one line each: rule, who demands, what. */
export function told(cell: Cell): readonly string[] {
  return cell.findings.map(({ rule, demand, distribution, supply, jump }) =>
    [
      rule,
      demand.by,
      'wants',
      distribution + demand.specifier,
      'has',
      supply?.version ?? 'nothing',
      jump ?? '',
    ]
      .join(' ')
      .trim(),
  )
}
