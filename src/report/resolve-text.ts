import { visible } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { ResolveResult } from '#verbs/resolve.js'
import {
  type ConflictDocument,
  conflictJson,
  conflictsAsAWhole,
  isCertain,
  type WholeDocument,
} from './conflict-json.js'
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

/** What `resolve -o json` writes: pins, or every independent conflict, of which `conflict` is the first. */
export type ResolveDocument =
  | {
      readonly pins: Readonly<Record<string, string>>
      /** Of what was named by URL. */
      readonly urls?: Readonly<Record<string, string>>
    }
  | { readonly undecided: string }
  | ({
      readonly conflict: ConflictDocument
      readonly conflicts: readonly ConflictDocument[]
    } & WholeDocument)

export function resolveDocument(result: ResolveResult): ResolveDocument {
  if (result.kind === 'solution') {
    const { pins, urls } = result
    return {
      pins: Object.fromEntries(pins),
      ...(urls === undefined ? {} : { urls: Object.fromEntries(urls) }),
    }
  }
  if (result.kind === 'undecided') return { undecided: 'the budget of the search ended' }
  const conflicts = result.conflicts.map((conflict) => conflictJson(conflict))
  return { conflict: conflicts[0]!, conflicts, ...conflictsAsAWhole(result) }
}

export function resolveJson(result: ResolveResult): string {
  return `${JSON.stringify(resolveDocument(result), undefined, 1)}\n`
}
