import type { Partition } from '#solver/partition.js'
import type { AskedService, ShareResult } from '#verbs/share.js'
import { belowConflicts, conflictText } from './conflict-text.js'
import { declaredOf, heldBack, heldBy, truthsOf, upgradesOf } from './share-facts.js'
import { painter, plural, type TextOptions } from './terminal.js'

/** Conflicts that are shown; JSON has them all. */
const mostConflicts = 10
/** Pins held back that are shown. */
const mostHeld = 12

/** Questions 3 and 4 for a person. */
export function shareText(result: ShareResult, options: TextOptions): string {
  const paint = painter(options)
  const { services, python, sharing, otherPythons, ownData } = result
  const isOne = services.length === 1
  const lines = [
    paint('bold', services.map(({ id }) => id).join('  ')),
    paint('dim', `Python ${python} · ${ownData ? 'shipped facts and your own' : 'shipped facts'}, offline`),
    '',
    `${declaredOf(result)}.`,
    '',
  ]
  if (sharing.kind === 'conflicts') {
    const { conflicts } = sharing
    conflicts.slice(0, mostConflicts).forEach((conflict, i) => {
      lines.push(conflictText(conflict, `conflict ${i + 1}`, options))
    })
    if (conflicts.length > mostConflicts)
      lines.push(
        `And ${plural(conflicts.length - mostConflicts, 'more conflict')}: -o json has them all.`,
        '',
      )
    for (const line of belowConflicts(sharing)) lines.push(line, '')
    if (otherPythons.length > 0)
      lines.push(`All of them could share under Python ${otherPythons.join(', ')}.`, '')
  }
  lines.push(...asRunLines(result, options))
  if (isOne) return `${lines.join('\n')}`
  lines.push(paint('bold', 'FEWEST ENVIRONMENTS'))
  for (const { truth, partition } of truthsOf(result))
    lines.push(...partitionLines(truth, partition, services, truth === 'as tested' ? '' : heldBy(result)))
  return `${lines.join('\n')}\n`
}

/** The third answer: told in full where it is another than the declared one. */
function asRunLines(result: ShareResult, options: TextOptions): string[] {
  const { asRun, services, sharing: declared } = result
  if (asRun === undefined || declared.kind !== 'solution') return []
  const { sharing } = asRun
  if (sharing.kind === 'undecided') return ['As run it was not decided: the budget of the search ended.', '']
  const held = heldBy(result)
  const isOne = services.length === 1
  if (sharing.kind === 'solution') {
    const may = isOne ? 'the names that its code needs are there' : 'they may, too'
    const other = heldBack(result)
    if (other.length === 0) return [`As run ${may}${held}, with these pins.`, '']
    return [
      `As run ${may}${held}, with ${plural(other.length, 'pin')} held back, so that no name is gone that their code needs at import:`,
      ...other
        .slice(0, mostHeld)
        .map(({ distribution, version, tested }) => `  ${distribution} ${version}, not ${tested}`),
      ...(other.length > mostHeld ? [`  and ${other.length - mostHeld} more: -o json has them all`] : []),
      '',
    ]
  }
  const cannot = isOne ? 'its code needs what its demands do not allow' : 'they cannot share one environment'
  const { conflicts } = sharing
  return [
    `As run ${cannot}${held}: ${plural(conflicts.length, 'independent conflict')}.`,
    '',
    ...conflicts
      .slice(0, mostConflicts)
      .map((conflict, i) => conflictText(conflict, `as run, conflict ${i + 1}`, options)),
    ...upgradeLines(result),
  ]
}

function upgradeLines(result: ShareResult): string[] {
  const upgrades = upgradesOf(result)
  if (upgrades.length === 0) return []
  const then =
    result.services.length === 1 ? 'its code has all that it needs' : 'they may share one environment'
  return [`Or ${upgrades.join(', or ')}: then ${then} as run (checked).`, '']
}

function partitionLines(
  label: string,
  partition: Partition,
  services: readonly AskedService[],
  held: string,
): string[] {
  const named = (members: readonly number[]) => members.map((member) => services[member]!.id).join(' ')
  const head = `  ${label.padEnd(12)} `
  const indent = ' '.repeat(head.length)
  if (partition.kind === 'undecided') return [`${head}not decided: the budget of the search ended`]
  if (partition.kind === 'alone')
    return [`${head}no number will do: ${named(partition.members)} cannot be solved even alone${held}`]
  const { groups, lowerBound } = partition
  const lines = [`${head}${groups.length}`, ...groups.map((group) => `${indent}{ ${named(group)} }`)]
  if (groups.length < 2) return lines
  lines.push(
    lowerBound.kind === 'clique'
      ? `${indent}not fewer: no two of ${named(lowerBound.members)} fit together`
      : `${indent}not fewer: ${lowerBound.sets.map((set) => `{ ${named(set)} }`).join(', ')} do not fit together`,
  )
  return lines
}
