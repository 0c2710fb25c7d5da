import type { InputFile } from '#inputs/fleet.js'
import type { Partition } from '#solver/partition.js'
import type { Line } from '#solver/problem.js'
import type { AskedService, AsRunSharing, ShareResult } from '#verbs/share.js'
import {
  type ConflictDocument,
  conflictJson,
  conflictsAsAWhole,
  type WholeDocument,
} from './conflict-json.js'

/** How few environments services need: null where that is not decided, or a service cannot stand alone. */
export interface PartitionDocument {
  readonly count: number | null
  readonly groups: readonly (readonly string[])[] | null
  /** Why there are not fewer: services of which no two fit together, or sets that fail. */
  readonly lowerBound:
    | { readonly kind: 'clique'; readonly members: readonly string[] }
    | { readonly kind: 'failed-sets'; readonly sets: readonly (readonly string[])[] }
    | null
  readonly undecided?: boolean
  readonly unsolvableAlone?: readonly string[]
}

/** Whether services may share one environment; `sharable` is null where that is not decided. */
export interface SharableDocument extends Partial<WholeDocument> {
  readonly sharable: boolean | null
  /** One environment that suits them all. */
  readonly solution: { readonly pins: Readonly<Record<string, string>> } | null
  readonly conflicts: readonly ConflictDocument[]
}

/** What `share -o json` writes. */
export interface ShareDocument extends SharableDocument {
  readonly schemaVersion: string
  readonly tool: { readonly name: string; readonly version: string }
  readonly inputs: readonly InputFile[]
  readonly target: {
    readonly host: { readonly constraints?: string; readonly python: string; readonly platform: string }
    readonly services: readonly {
      readonly name: string
      readonly release: string
      readonly version: string
    }[]
  }
  /** Other Pythons under which all of them could share. */
  readonly otherPythons: readonly string[]
  readonly environments: {
    readonly asTested: PartitionDocument
    readonly asDeclared: PartitionDocument
    readonly asRun?: PartitionDocument
  }
  /** With what their code needs; `held` are pins that are not those of the newest release. */
  readonly asRun?: SharableDocument & {
    /** One service alone that resolves all conflicts at the nearest newer release that does. */
    readonly upgrades: AsRunSharing['upgrades']
    readonly held: AsRunSharing['held']
  }
}

/** The result of `share` as plain data: names fixed, keys in a fixed order, no clock and no absolute path. */
export function shareDocument(result: ShareResult): ShareDocument {
  const { services, sharing, otherPythons } = result
  const byId = new Map(services.map((service) => [service.id, service]))
  const serviceOf = (line: Line) => {
    const service = byId.get(line.owner ?? line.by)
    return service === undefined ? {} : { service: service.service, release: service.release }
  }
  return {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: result.toolVersion },
    inputs: result.inputs,
    target: {
      host: {
        ...(result.constraints === undefined ? {} : { constraints: result.constraints }),
        python: result.python,
        platform: result.platform,
      },
      services: services.map(({ service, release, version }) => ({ name: service, release, version })),
    },
    ...sharableDocument(sharing, serviceOf),
    otherPythons,
    environments: {
      asTested: partitionJson(result.asTested, services),
      asDeclared: partitionJson(result.asDeclared, services),
      ...(result.asRun === undefined ? {} : { asRun: partitionJson(result.asRun.partition, services) }),
    },
    ...(result.asRun === undefined
      ? {}
      : {
          asRun: {
            ...sharableDocument(result.asRun.sharing, serviceOf),
            upgrades: result.asRun.upgrades,
            held: result.asRun.held,
          },
        }),
  }
}

export function shareJson(result: ShareResult): string {
  return `${JSON.stringify(shareDocument(result), undefined, 1)}\n`
}

function sharableDocument(
  sharing: ShareResult['sharing'],
  serviceOf: (line: Line) => { readonly service?: string; readonly release?: string },
): SharableDocument {
  return {
    sharable: sharing.kind === 'undecided' ? null : sharing.kind === 'solution',
    solution: sharing.kind === 'solution' ? { pins: Object.fromEntries(sharing.solution.pins) } : null,
    conflicts:
      sharing.kind === 'conflicts'
        ? sharing.conflicts.map((conflict) => conflictJson(conflict, serviceOf))
        : [],
    ...(sharing.kind === 'conflicts' ? conflictsAsAWhole(sharing) : {}),
  }
}

function partitionJson(partition: Partition, services: readonly AskedService[]): PartitionDocument {
  const named = (members: readonly number[]) => members.map((member) => services[member]!.id)
  if (partition.kind === 'undecided') return { count: null, groups: null, lowerBound: null, undecided: true }
  if (partition.kind === 'alone') {
    return { count: null, groups: null, lowerBound: null, unsolvableAlone: named(partition.members) }
  }
  const { groups, lowerBound } = partition
  const proof: PartitionDocument['lowerBound'] =
    lowerBound.kind === 'clique'
      ? { kind: 'clique', members: named(lowerBound.members) }
      : { kind: 'failed-sets', sets: lowerBound.sets.map(named) }
  return { count: groups.length, groups: groups.map(named), lowerBound: proof }
}
