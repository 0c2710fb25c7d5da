import type { Partition } from '#solver/partition.js'
import type { Line } from '#solver/problem.js'
import type { AskedService, AsRunSharing, ShareResult } from '#verbs/share.js'
import { conflictJson, conflictsAsAWhole } from './conflict-json.js'

/** The result of `share` as JSON: names fixed, keys in a fixed order, no clock and no absolute path. */
export function shareJson(result: ShareResult): string {
  const { services, sharing, otherPythons } = result
  const byId = new Map(services.map((service) => [service.id, service]))
  const serviceOf = (line: Line) => {
    const service = byId.get(line.owner ?? line.by)
    return service === undefined ? {} : { service: service.service, release: service.release }
  }
  const document = {
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
    sharable: sharing.kind === 'undecided' ? null : sharing.kind === 'solution',
    solution: sharing.kind === 'solution' ? { pins: Object.fromEntries(sharing.solution.pins) } : null,
    conflicts:
      sharing.kind === 'conflicts'
        ? sharing.conflicts.map((conflict) => conflictJson(conflict, serviceOf))
        : [],
    ...(sharing.kind === 'conflicts' ? conflictsAsAWhole(sharing) : {}),
    otherPythons,
    environments: {
      asTested: partitionJson(result.asTested, services),
      asDeclared: partitionJson(result.asDeclared, services),
      ...(result.asRun === undefined ? {} : { asRun: partitionJson(result.asRun.partition, services) }),
    },
    ...(result.asRun === undefined ? {} : { asRun: asRunJson(result.asRun, serviceOf) }),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

function asRunJson({ sharing, held }: AsRunSharing, serviceOf: (line: Line) => object): object {
  return {
    sharable: sharing.kind === 'undecided' ? null : sharing.kind === 'solution',
    solution: sharing.kind === 'solution' ? { pins: Object.fromEntries(sharing.solution.pins) } : null,
    conflicts:
      sharing.kind === 'conflicts'
        ? sharing.conflicts.map((conflict) => conflictJson(conflict, serviceOf))
        : [],
    ...(sharing.kind === 'conflicts' ? conflictsAsAWhole(sharing) : {}),
    held,
  }
}

function partitionJson(partition: Partition, services: readonly AskedService[]): object {
  const named = (members: readonly number[]) => members.map((member) => services[member]!.id)
  if (partition.kind === 'undecided') return { count: null, groups: null, lowerBound: null, undecided: true }
  if (partition.kind === 'alone') {
    return { count: null, groups: null, lowerBound: null, unsolvableAlone: named(partition.members) }
  }
  const { groups, lowerBound } = partition
  const proof =
    lowerBound.kind === 'clique'
      ? { kind: 'clique', members: named(lowerBound.members) }
      : { kind: 'failed-sets', sets: lowerBound.sets.map(named) }
  return { count: groups.length, groups: groups.map(named), lowerBound: proof }
}
