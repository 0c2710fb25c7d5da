import { hash } from 'node:crypto'
import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { UseKind, UsePlace } from '#surface/surface.js'

/** The rules of question 1 that the analysis works out. */
export const rules = [
  'collision',
  'python-floor',
  'broken-import',
  'missing',
  'missing-extra',
  'unpinned',
  'entry-point',
  'system-package',
  'same-file',
  'drift',
] as const

/** The rules that a policy adds: services that are to share an environment and cannot, or share one and may not. */
const environmentRules = ['unsatisfiable', 'not-separate'] as const

export type Rule = (typeof rules)[number] | (typeof environmentRules)[number]

/** Every rule, in the order in which findings are told. */
export const allRules: readonly Rule[] = [...environmentRules, ...rules]

export type State = 'new' | 'known' | 'waived'

export type Level = 'error' | 'warning' | 'note'

/** Of `broken-import` the worst: one that fails only when it is called is a warning. */
export const levelOf: Readonly<Record<Rule, Level>> = {
  unsatisfiable: 'error',
  'not-separate': 'error',
  collision: 'error',
  'python-floor': 'error',
  'broken-import': 'error',
  missing: 'warning',
  'missing-extra': 'warning',
  'entry-point': 'warning',
  'system-package': 'warning',
  'same-file': 'warning',
  unpinned: 'note',
  drift: 'note',
}

/** How far a drifting pin is from the one that the service was tested with. */
export type Jump = 'major' | 'minor' | 'patch'

export interface FindingDemand {
  readonly service: string
  /** None for a user's own requirements file. */
  readonly release?: string
  readonly by: string
  /** As written; for `entry-point` the script, for `missing-extra` the extra, for `broken-import` the name, for `same-file` the path. */
  readonly specifier: string
  readonly at: Origin
}

export interface FindingSupply {
  /** What the host has; the host's Python for `python-floor`. */
  readonly version: string
  readonly at?: Origin
}

/** A module or name that code needs and that the host's version lacks. */
export interface MissingName {
  /** As the code writes it, aliases resolved: `oslo_utils.secretutils.md5`. */
  readonly name: string
  readonly kind: UseKind
  /** The shortest part of it that does not exist. */
  readonly gone: string
  /** When the first use runs: as the module is imported, or in a function. */
  readonly moment: UsePlace['moment']
  /** Uses in all, guarded ones not counted. */
  readonly uses: number
  /** The first of them. */
  readonly places: readonly Origin[]
  /** Of the library's known versions: the last below the host's that had it, and the next one, which lacks it. */
  readonly lastWith?: string
  readonly firstWithout?: string
  /** And above the host's: the last that lacks it, and the first that has it. */
  readonly lastWithout?: string
  readonly firstWith?: string
  /** The module is not declared: whose demand brought it along under the pins of the service's own release. */
  readonly leakedBy?: DistributionName
}

export type Fix =
  | { readonly kind: 'separate'; readonly service: string; readonly verified: true }
  | {
      readonly kind: 'raise'
      /** The host's pins that move, to these versions. */
      readonly pins: ReadonlyMap<DistributionName, string>
      /** Other services of the host that hold one of them; none where it is not known who is on the host. */
      readonly disturbs?: readonly string[]
      readonly verified: true
    }

export interface Finding {
  /** The same for the same fact in every run: see `fingerprint`. */
  readonly id: string
  readonly rule: Rule
  readonly level: Level
  /** What is demanded; the demanding one for `python-floor` and `entry-point`. */
  readonly distribution: DistributionName
  readonly demand: FindingDemand
  /** What the profile starts in place of a script that is gone, for `entry-point`: a process, and its program. */
  readonly instead?: { readonly process: string; readonly starts: string }
  /** None where the host has nothing. */
  readonly supply?: FindingSupply
  /** The pin of the service's own release, for `drift` and `missing`. */
  readonly tested?: FindingSupply
  readonly jump?: Jump
  /** Of `broken-import`. */
  readonly missing?: MissingName
  /** From the service to the distribution that demands. */
  readonly via: readonly DistributionName[]
  readonly direct: boolean
  /** `new` until a baseline or an older run knows it, or a waiver allows it. */
  readonly state: State
  /** What allows it; only where the state is `waived`. */
  readonly waiver?: { readonly reason: string; readonly until: string; readonly owner: string }
  /** The other demands of a conflict that only together cannot be met. */
  readonly among?: readonly FindingDemand[]
  readonly fixes: readonly Fix[]
}

/**
 * The identity of a finding: what is demanded by whom, and what the host gives. Places are left out, so that
 * an edit elsewhere in a file keeps it. 48 bits: among 10^5 findings two clash once in 50,000 fleets.
 */
export function fingerprint(parts: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(parts.map((part) => part ?? null)), 'hex').slice(0, 12)
}
