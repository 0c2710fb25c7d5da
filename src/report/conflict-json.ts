import type { FileOrigin, Origin } from '#errors.js'
import type { ExplainedConflict, ExplainedConflicts } from '#solver/conflict.js'
import type { Fact } from '#solver/explain.js'
import type { Fix } from '#solver/fixes.js'
import type { Line } from '#solver/problem.js'

/** A place as JSON tells it: path and line; columns and excerpts are for people. */
export type PlaceDocument = { readonly path: string; readonly line?: number } | Exclude<Origin, FileOrigin>

/** What somebody asks for: a demand, a constraint, or the Python of the environment. */
export interface LineDocument {
  /** `demand`, `constraint`, `python`, or `gap`: a fact that is missing. */
  readonly kind: string
  readonly service?: string
  readonly release?: string
  /** Who asks: `nova 33.0.2`, `2025.1 constraints`, `command line`. */
  readonly by: string
  readonly distribution: string
  readonly specifier: string
  readonly extras?: readonly string[]
  /** As written. */
  readonly text: string
  /** Of a gap: what is wrong with the fact. */
  readonly trouble?: string
  readonly at?: PlaceDocument
}

/** What the catalog says of versions of a distribution, that has a part in a conflict. */
export interface FactDocument {
  readonly kind: string
  readonly distribution: string
  readonly versions: readonly string[]
  readonly extra?: string
  readonly demands?: string
  readonly needs?: unknown
  readonly specifier?: string
  readonly at?: unknown
}

/** Lines that cannot hold together, with the facts that say why, and checked fixes. */
export interface ConflictDocument {
  readonly demands: readonly (LineDocument & { readonly binding?: string })[]
  readonly facts: readonly FactDocument[]
  /** The distribution of which no version is left, and the versions that are known. */
  readonly clash?: { readonly name: string; readonly known: readonly string[] }
  /** Without any one of its lines the rest can hold. */
  readonly minimal: boolean
  /** Whether knowing more could not change it. */
  readonly certain: boolean
  readonly fixes: readonly {
    /** `separate`, `drop`, or with a version `relax` and `move`. */
    readonly changes: readonly ({ readonly kind: string; readonly to?: string } & Partial<LineDocument>)[]
    readonly verified: boolean
  }[]
}

type ServiceOf = (line: Line) => Pick<LineDocument, 'service' | 'release'>

/** A conflict as JSON: names fixed, keys in a fixed order. */
export function conflictJson(
  conflict: ExplainedConflict,
  serviceOf: ServiceOf = () => ({}),
): ConflictDocument {
  const { lines, isMinimal, explanation, fixes } = conflict
  return {
    demands: lines.map((line) => {
      const binding = explanation?.binding.get(line)
      return { ...lineJson(line, serviceOf), ...(binding === undefined ? {} : { binding }) }
    }),
    facts: (explanation?.facts ?? []).map(factJson),
    ...(explanation === undefined ? {} : { clash: explanation.clash }),
    minimal: isMinimal,
    certain: isCertain(conflict),
    fixes: fixes.map((fix) => fixJson(fix, serviceOf)),
  }
}

/** What is said of several conflicts together. */
export interface WholeDocument {
  /** All conflicts are told. */
  readonly complete: boolean
  /** The first fix of each, taken together, was solved again. */
  readonly firstFixesHold?: boolean
}

export function conflictsAsAWhole({ isComplete, firstFixesHold }: ExplainedConflicts): WholeDocument {
  return { complete: isComplete, ...(firstFixesHold === undefined ? {} : { firstFixesHold }) }
}

/** Whether knowing more could not change it. */
export function isCertain({ lines }: ExplainedConflict): boolean {
  return !lines.some(({ isMissing }) => isMissing === true)
}

function lineJson(line: Line, serviceOf: ServiceOf): LineDocument {
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
}: Fact): FactDocument {
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

function originJson(origin: Origin): PlaceDocument {
  if (!('path' in origin)) return origin
  return origin.line === undefined ? { path: origin.path } : { path: origin.path, line: origin.line }
}

function fixJson(
  { lines, instead, separates }: Fix,
  serviceOf: ServiceOf,
): ConflictDocument['fixes'][number] {
  const changes = lines.map((line) => {
    const version = instead.get(line)
    if (separates.has(line)) return { kind: 'separate', ...serviceOf(line) }
    const kind = version === undefined ? 'drop' : line.kind === 'pin' ? 'move' : 'relax'
    return { ...lineJson(line, serviceOf), kind, ...(version === undefined ? {} : { to: version }) }
  })
  return { changes, verified: true }
}
