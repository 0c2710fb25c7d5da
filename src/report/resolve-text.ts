import { visible } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { ExplainedConflicts } from '#solver/conflict.js'
import type { ResolveResult } from '#verbs/resolve.js'
import { conflictJson, conflictsAsAWhole, isCertain } from './conflict-json.js'
import { belowConflicts, conflictText } from './conflict-text.js'
import { painter, plural, type TextOptions } from './terminal.js'

/** Pins, as a constraints file could have them; or the conflicts. */
export function resolveText(result: ResolveResult, options: TextOptions): string {
  if (result.kind === 'solution')
    return [...result.pins].map(([name, version]) => `${pinText(name, version, result.urls)}\n`).join('')
  if (result.kind === 'undecided') return 'not decided: the budget of the search ended\n'
  const { conflicts, offline } = result
  const verdict = conflicts.some(isCertain) ? 'no solution' : 'not decided, facts are missing'
  const head = painter(options)('bold', `${verdict}: ${plural(conflicts.length, 'independent conflict')}`)
  const texts = conflicts.map((conflict, i) => conflictText(conflict, `conflict ${i + 1}`, options))
  const tail = belowConflicts(result).map((line) => `${line}\n`)
  // An operator who does not find a version that exists has to be told where it was looked for.
  if (offline) tail.push('Only the shipped facts were asked; without --offline a package index is.\n')
  return [`${head}\n`, ...texts, ...tail].join('\n')
}

/** What was named by URL is pinned to that file (PEP 508), or another one could be installed. */
function pinText(
  name: DistributionName,
  version: string,
  urls: ReadonlyMap<DistributionName, string> | undefined,
): string {
  const url = urls?.get(name)
  return url === undefined ? `${name}==${version}` : `${name} @ ${visible(url, 2000)}`
}

/** `{"pins": {...}}`, or `{"conflict": {...}, "conflicts": [...]}` with the first of all. */
export function resolveJson(result: ResolveResult): string {
  const document =
    result.kind === 'solution'
      ? {
          pins: Object.fromEntries(result.pins),
          ...(result.urls === undefined ? {} : { urls: Object.fromEntries(result.urls) }),
        }
      : result.kind === 'undecided'
        ? { undecided: 'the budget of the search ended' }
        : conflictsJson(
            result.conflicts.map((conflict) => conflictJson(conflict)),
            result,
          )
  return `${JSON.stringify(document, undefined, 1)}\n`
}

function conflictsJson(conflicts: readonly object[], whole: ExplainedConflicts): object {
  return { conflict: conflicts[0], conflicts, ...conflictsAsAWhole(whole) }
}
