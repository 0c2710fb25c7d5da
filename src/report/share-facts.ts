import { visible } from '#errors.js'
import type { Partition } from '#solver/partition.js'
import type { ShareResult } from '#verbs/share.js'
import { isCertain } from './conflict-json.js'
import { plural } from './terminal.js'

/** ` under FILE`, where constraints hold the versions. */
export function heldBy({ constraints }: ShareResult): string {
  return constraints === undefined ? '' : ` under ${visible(constraints)}`
}

/** May they share as declared, in a sentence without its full stop. */
export function declaredOf(result: ShareResult): string {
  const { services, sharing } = result
  const held = heldBy(result)
  const isOne = services.length === 1
  if (sharing.kind === 'undecided') return `Not decided${held}: the budget of the search ended`
  if (sharing.kind === 'conflicts') {
    const count = plural(sharing.conflicts.length, 'independent conflict')
    if (!sharing.conflicts.some(isCertain)) return `Not decided${held}, facts are missing: ${count}`
    return `${isOne ? 'Its demands cannot be met' : 'They cannot share one environment'}${held}: ${count}`
  }
  const may = isOne ? 'its demands can be met' : 'they may share one environment'
  return `As declared ${may}${held}: ${plural(sharing.solution.pins.size, 'distribution')}`
}

/** What runs only with a version that the newest set of pins has not: pins that nothing declared moves. */
export function heldBack({ asRun, sharing }: ShareResult): NonNullable<ShareResult['asRun']>['held'] {
  if (asRun?.sharing.kind !== 'solution' || sharing.kind !== 'solution') return []
  return asRun.held.filter(({ distribution, tested }) => {
    const version = sharing.solution.pins.get(distribution)
    return version === undefined || version === tested
  })
}

/** Ways out of conflicts as run that no line of them tells: `upgrade heat from 2023.1 to 2023.2`. */
export function upgradesOf({ asRun }: ShareResult): readonly string[] {
  return (asRun?.upgrades ?? []).map(({ service, from, to }) => `upgrade ${service} from ${from} to ${to}`)
}

/** One line: may they share, as declared and as run. */
export function verdictOfSharing(result: ShareResult): string {
  const { services, sharing, asRun } = result
  if (sharing.kind !== 'solution') return declaredOf(result)
  const isOne = services.length === 1
  const run =
    asRun === undefined || asRun.sharing.kind === 'undecided'
      ? ''
      : asRun.sharing.kind === 'solution'
        ? `; as run ${isOne ? 'they can, too' : 'they may, too'}`
        : `; as run ${isOne ? 'its code needs more' : 'they cannot'}: ${plural(asRun.sharing.conflicts.length, 'conflict')}`
  return `${declaredOf(result)}${run}`
}

/** The fewest environments by each of the three truths. */
export function truthsOf(
  result: ShareResult,
): readonly { readonly truth: string; readonly partition: Partition }[] {
  const { asTested, asDeclared, asRun } = result
  return [
    { truth: 'as tested', partition: asTested },
    { truth: 'as declared', partition: asDeclared },
    ...(asRun === undefined ? [] : [{ truth: 'as run', partition: asRun.partition }]),
  ]
}
