import type { Origin } from '#errors.js'
import type { ExplainedConflict, ExplainedConflicts } from '#solver/conflict.js'
import type { Fact } from '#solver/explain.js'
import type { Fix } from '#solver/fixes.js'
import type { Line } from '#solver/problem.js'

/** A conflict as JSON: names fixed, keys in a fixed order. */
export function conflictJson(
  conflict: ExplainedConflict,
  serviceOf: (line: Line) => object = () => ({}),
): object {
  const { lines, isMinimal, explanation, fixes } = conflict
  return {
    demands: lines.map((line) => ({
      ...lineJson(line, serviceOf),
      ...(explanation?.binding.has(line) ? { binding: explanation.binding.get(line) } : {}),
    })),
    facts: (explanation?.facts ?? []).map(factJson),
    ...(explanation === undefined ? {} : { clash: explanation.clash }),
    minimal: isMinimal,
    certain: isCertain(conflict),
    fixes: fixes.map((fix) => fixJson(fix, serviceOf)),
  }
}

/** `complete`: all conflicts are told; `firstFixesHold`: the first fix of each, taken together, was solved again. */
export function conflictsAsAWhole({ isComplete, firstFixesHold }: ExplainedConflicts): object {
  return { complete: isComplete, ...(firstFixesHold === undefined ? {} : { firstFixesHold }) }
}

/** Whether knowing more could not change it. */
export function isCertain({ lines }: ExplainedConflict): boolean {
  return !lines.some(({ isMissing }) => isMissing === true)
}

function lineJson(line: Line, serviceOf: (line: Line) => object): object {
  const { kind, name, by, text, specifiers, extras, origin, trouble } = line
  return {
    kind: kind === 'pin' ? 'constraint' : kind,
    ...serviceOf(line),
    by,
    distribution: name,
    specifier: specifiers.text,
    ...(extras.length === 0 ? {} : { extras }),
    text,
    ...(trouble === undefined ? {} : { trouble }),
    ...(origin === undefined ? {} : { at: originJson(origin) }),
  }
}

function factJson({
  kind,
  holder,
  versions,
  target,
  specifiers,
  underExtra,
  index,
  needs,
  at: line,
}: Fact): object {
  const version = versions.at(-1)
  const field = kind === 'python' ? 'Requires-Python' : 'Requires-Dist'
  const at =
    line === undefined
      ? { distribution: holder, version, field, ...(index === undefined ? {} : { index }) }
      : originJson(line)
  return {
    kind,
    distribution: holder,
    versions,
    ...(underExtra === undefined ? {} : { extra: underExtra }),
    ...(target === undefined ? {} : { demands: target }),
    ...(needs === undefined ? {} : { needs }),
    ...(kind === 'guarded' ? {} : { specifier: specifiers }),
    ...(kind === 'guarded' || version === undefined ? {} : { at }),
  }
}

/** Paths and lines; columns and excerpts are for people. */
function originJson(origin: Origin): object {
  if (!('path' in origin)) return origin
  return origin.line === undefined ? { path: origin.path } : { path: origin.path, line: origin.line }
}

function fixJson({ lines, instead, separates }: Fix, serviceOf: (line: Line) => object): object {
  const changes = lines.map((line) => {
    const version = instead.get(line)
    if (separates.has(line)) return { kind: 'separate', ...serviceOf(line) }
    const kind = version === undefined ? 'drop' : line.kind === 'pin' ? 'move' : 'relax'
    return { ...lineJson(line, serviceOf), kind, ...(version === undefined ? {} : { to: version }) }
  })
  return { changes, verified: true }
}
