import type { ExplainedConflict } from '#solver/conflict.js'
import type { Partition } from '#solver/partition.js'
import type { ShareResult } from '#verbs/share.js'
import { isCertain } from './conflict-json.js'
import { belowConflicts, conflictParts } from './conflict-text.js'
import { code, plain, row } from './markdown-text.js'
import { heldBack, truthsOf, upgradesOf, verdictOfSharing } from './share-facts.js'

/** Questions 3 and 4 as Markdown: for a merge request or a page. */
export function shareMarkdown(result: ShareResult): string {
  const { services, python, sharing, otherPythons } = result
  const named = (members: readonly number[]) => members.map((member) => services[member]!.id).join(' ')
  const asRun = result.asRun?.sharing
  return [
    `## ${plain(verdictOfSharing(result))}`,
    '',
    `${services.map(({ id }) => code(id)).join(' ')}, Python ${plain(python)}`,
    '',
    ...(sharing.kind === 'conflicts' ? sharing.conflicts.flatMap(conflictSection('conflict')) : []),
    ...(sharing.kind === 'conflicts' ? belowConflicts(sharing).flatMap((line) => [plain(line), '']) : []),
    ...(otherPythons.length === 0
      ? []
      : [`All of them could share under Python ${plain(otherPythons.join(', '))}.`, '']),
    ...(sharing.kind === 'solution' && asRun?.kind === 'conflicts'
      ? asRun.conflicts.flatMap(conflictSection('as run, conflict'))
      : []),
    ...upgradeSection(result),
    ...heldSection(result),
    row(['environments', 'fewest', 'groups', 'not fewer, because these do not fit together']),
    row(['---', '---:', '---', '---']),
    ...truthsOf(result).map(({ truth, partition }) => row([truth, ...partitionCells(partition, named)])),
    '',
  ].join('\n')
}

function upgradeSection(result: ShareResult): readonly string[] {
  if (result.sharing.kind !== 'solution') return []
  const upgrades = upgradesOf(result).map(
    (text) => `- fix: ${plain(text)}, which resolves all of them as run`,
  )
  return upgrades.length === 0 ? [] : [...upgrades, '']
}

function heldSection(result: ShareResult): readonly string[] {
  const held = heldBack(result)
  if (held.length === 0) return []
  return [
    'Held back, so that no name is gone that their code needs at import:',
    '',
    ...held.map(
      ({ distribution, version, tested }) => `- ${code(`${distribution} ${version}`)}, not ${plain(tested)}`,
    ),
    '',
  ]
}

function conflictSection(title: string): (conflict: ExplainedConflict, index: number) => readonly string[] {
  return (conflict, index) => {
    const { headline, steps, fixes } = conflictParts(conflict)
    const open = isCertain(conflict) ? '' : ' (facts are missing)'
    return [
      `### ${title} ${index + 1}: ${plain(headline)}${open}`,
      '',
      row(['what is said', 'where']),
      row(['---', '---']),
      ...steps.map(({ text, place }) => row([code(text), code(place)])),
      '',
      ...fixes.map((fix) => `- fix: ${plain(fix)}`),
      ...(fixes.length === 0 ? [] : ['']),
    ]
  }
}

function partitionCells(
  partition: Partition,
  named: (members: readonly number[]) => string,
): readonly string[] {
  if (partition.kind === 'undecided') return ['', 'not decided: the budget of the search ended', '']
  if (partition.kind === 'alone')
    return ['none', `${code(named(partition.members))} cannot be solved even alone`, '']
  const { groups, lowerBound } = partition
  const proof = lowerBound.kind === 'clique' ? [lowerBound.members] : lowerBound.sets
  return [
    String(groups.length),
    groups.map((group) => code(named(group))).join('<br>'),
    groups.length < 2 ? '' : proof.map((set) => code(named(set))).join('<br>'),
  ]
}
