import { formatOrigin, visible } from '#errors.js'
import type { ExplainedConflict, ExplainedConflicts } from '#solver/conflict.js'
import type { Fact } from '#solver/explain.js'
import type { Fix } from '#solver/fixes.js'
import type { Line } from '#solver/problem.js'
import { painter, plural, type TextOptions } from './terminal.js'

/** Lines of a proof that are shown; JSON has them all. */
const mostSteps = 6
const mostFixes = 4
/** Facts of one distribution about another that are told together. */
const mostAlike = 3
/** Versions that are listed one by one. */
const mostVersions = 4

/** A statement of a proof, and where it can be looked up. */
interface Step {
  readonly text: string
  readonly place: string
}

/** One conflict for a person: what clashes, who says so and where, what to do. */
export function conflictText(conflict: ExplainedConflict, title: string, options: TextOptions): string {
  const paint = painter(options)
  const steps = stepsOf(conflict)
  const shown = steps.length > mostSteps ? steps.slice(0, mostSteps - 1) : steps
  const width = Math.max(...shown.map(({ text }) => text.length))
  const rest = steps.length - shown.length
  return [
    `${paint('bold', title)}: ${headlineOf(conflict)}`,
    ...shown.map(
      ({ text, place }) => `  ${place === '' ? text : `${text.padEnd(width)}   ${paint('dim', place)}`}`,
    ),
    ...(rest === 0 ? [] : [`  and ${plural(rest, 'more fact')}: -o json has them all`]),
    ...fixLines(conflict),
    '',
  ].join('\n')
}

/** The parts of a conflict, for other forms of text: all of its proof, and the fixes that are shown. */
export function conflictParts(conflict: ExplainedConflict): {
  readonly headline: string
  readonly steps: readonly Step[]
  readonly fixes: readonly string[]
} {
  const refused = conflict.lines.some(({ kind }) => kind === 'python')
  const fixes = conflict.fixesLeftOut ? [] : conflict.fixes.slice(0, mostFixes)
  return {
    headline: headlineOf(conflict),
    steps: stepsOf(conflict),
    fixes: fixes.map((fix) =>
      changesOf(fix, refused)
        .map((change) => visible(change))
        .join(', and '),
    ),
  }
}

/** What has to be said of the conflicts as a whole. */
export function belowConflicts({ isComplete, firstFixesHold }: ExplainedConflicts): string[] {
  if (!isComplete)
    return ['There may be more: not all was looked at. Fixes are looked for once all conflicts are known.']
  if (firstFixesHold === undefined) return []
  return [
    firstFixesHold
      ? 'All have to be resolved. The first fix of each, taken together, was checked: nothing else conflicts.'
      : 'All have to be resolved. Each fix leaves the other conflicts aside; the first of each do not hold together.',
  ]
}

function headlineOf({ lines, explanation }: ExplainedConflict): string {
  const gap = lines.find(({ kind }) => kind === 'gap')
  if (gap !== undefined) return visible(`${gap.text}: ${gap.trouble}`)
  if (explanation === undefined) return 'these cannot hold together'
  const { facts, clash } = explanation
  const python = facts.find(({ kind }) => kind === 'python')
  if (python !== undefined) return `${clash.name} refuses this Python`
  const [oldest] = clash.known
  const newest = clash.known.at(-1)
  const known =
    clash.known.length <= mostVersions
      ? clash.known.join(', ')
      : `${oldest} to ${newest}, ${plural(clash.known.length, 'version')}`
  // One line alone that nothing meets: there was nothing to be left over from.
  if (lines.length === 1 && facts.length === 0)
    return visible(`no version of ${clash.name} is ${lines[0]!.specifiers.text} (known: ${known})`)
  return visible(`no version of ${clash.name} is left (known: ${known})`)
}

function stepsOf({ lines, explanation }: ExplainedConflict): Step[] {
  const order = ['demand', 'pin', 'python', 'gap']
  const sorted = [...lines].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  const binding = explanation?.binding
  const mark = (item: Line | Fact) => (binding?.has(item) ? `  [${binding.get(item)} binds]` : '')
  return [
    ...sorted.map((line) => ({
      text: visible(`${lineText(line)}${mark(line)}`),
      place: placeOfLine(line),
    })),
    ...grouped(explanation?.facts ?? []).map((facts) => ({
      text: visible(facts.length === 1 ? `${factText(facts[0]!)}${mark(facts[0]!)}` : manyText(facts)),
      place: placeOf(facts[0]!),
    })),
  ]
}

/** A constraint is told as one: it asks for nothing. */
function lineText({ kind, by, owner, text, trouble }: Line): string {
  if (kind === 'pin') return `${by === 'constraint' ? by : `${by}:`} ${text}`
  if (kind === 'python') return `the environment has ${text}`
  if (kind === 'gap') return `${text}: ${trouble}`
  if (by === owner) return `${by} is ${text.replace('==', ' ')}`
  return `${by} demands ${text}`
}

function factText({ kind, holder, versions, target, specifiers, underExtra, needs }: Fact): string {
  const which = `${holder}${underExtra === undefined ? '' : `[${underExtra}]`} ${spanOf(versions)}`
  const isMany = versions.length > 1
  if (kind === 'python') return `${which} ${isMany ? 'need' : 'needs'} Python ${specifiers}`
  if (kind === 'guarded') return `${which}: nothing names a pre-release or pins what was yanked`
  if (kind === 'code') return `${which} ${isMany ? 'use' : 'uses'} ${needs}: ${target}${specifiers}`
  return `${which} ${isMany ? 'demand' : 'demands'} ${target}${specifiers}`
}

/** Versions that bound the same distribution each in its own way are told together, newest first. */
function grouped(facts: readonly Fact[]): Fact[][] {
  const groups = new Map<string, Fact[]>()
  for (const fact of facts) {
    const key = `${fact.kind} ${fact.holder} ${fact.target} ${fact.underExtra} ${fact.needs}`
    groups.set(key, [...(groups.get(key) ?? []), fact])
  }
  return [...groups.values()].flatMap((group) =>
    group.length < mostAlike ? group.map((fact) => [fact]) : [group],
  )
}

function manyText(facts: readonly Fact[]): string {
  const [newest] = facts
  const count = facts.reduce((sum, { versions }) => sum + versions.length, 0)
  const oldest = facts.at(-1)!.versions[0]
  const which = `${newest!.holder} ${oldest} to ${newest!.versions.at(-1)} (${plural(count, 'version')})`
  const what =
    newest!.kind === 'python'
      ? 'need a Python, from'
      : newest!.kind === 'code'
        ? `use ${newest!.needs} of ${newest!.target}, from`
        : `demand ${newest!.target}, from`
  return `${which} ${what} ${facts.at(-1)!.specifiers} to ${newest!.specifiers}`
}

function spanOf(versions: readonly string[]): string {
  if (versions.length < 3) return versions.join(' and ')
  return `${versions[0]} to ${versions.at(-1)} (${plural(versions.length, 'version')})`
}

/** Path and line: what a person opens. What was typed has no place. */
function placeOfLine({ origin }: Line): string {
  if (origin === undefined || !('path' in origin)) return origin === undefined ? '' : formatOrigin(origin)
  const { path, line } = origin
  return path === 'command line' ? '' : formatOrigin(line === undefined ? { path } : { path, line })
}

function placeOf({ kind, holder, versions, index, at }: Fact): string {
  if (at !== undefined) return formatOrigin(at)
  const version = versions.at(-1)
  if (version === undefined || kind === 'guarded') return ''
  if (kind === 'python') return formatOrigin({ distribution: holder, version, field: 'Requires-Python' })
  return formatOrigin({
    distribution: holder,
    version,
    field: 'Requires-Dist',
    ...(index !== undefined && { index }),
  })
}

function fixLines({ lines: conflicting, fixes, fixesLeftOut }: ExplainedConflict): string[] {
  if (fixesLeftOut) return []
  const refused = conflicting.some(({ kind }) => kind === 'python')
  if (fixes.length === 0) return ['  no fix of up to six changes was found']
  const shown = fixes.slice(0, mostFixes)
  const lines = shown.flatMap((fix, i) => {
    const [first = '', ...others] = changesOf(fix, refused).map((change) => visible(change))
    const head = `${i === 0 ? '  fix  ' : '   or  '}${first}`
    return others.length < 2
      ? [[head, ...others].join(', and ')]
      : [head, ...others.map((change) => `       and ${change}`)]
  })
  if (fixes.length > shown.length)
    lines.push(`       and ${plural(fixes.length - shown.length, 'more fix', 'more fixes')}`)
  return lines
}

function changesOf({ lines, instead, separates }: Fix, refused: boolean): string[] {
  return lines.map((line) => {
    const version = instead.get(line)
    if (separates.has(line))
      return refused
        ? `leave ${line.by} to an environment with another Python`
        : `give ${line.by} an environment of its own`
    if (line.kind === 'pin')
      return version === undefined
        ? `drop the constraint ${line.text}`
        : `move the constraint ${line.text} to ${version}`
    return version === undefined
      ? `drop ${line.text} (${line.by})`
      : `relax ${line.text} (${line.by}) so that it accepts ${version}`
  })
}
