/** The parts of an upgrade, in their order; containers are replaced between `expand` and `verify`. */
type Stage = 'check' | 'pin' | 'expand' | 'verify' | 'migrate' | 'contract'

/** What one exit code means, and what to do do: `look` goes on after a person has read what was printed. */
export interface Answer {
  readonly code: number
  readonly do: 'go on' | 'look' | 'repeat' | 'stop'
  readonly means: string
}

/** An option of a configuration file; `{from}` in the value is the release that still runs. */
export interface Setting {
  readonly file: string
  readonly section: string
  readonly option: string
  readonly value: string
}

/** A step of an upgrade as the profile knows it, for whatever fleet. */
export interface UpgradeStep {
  readonly stage: Stage
  readonly title: string
  /** In a container of the new image, or of the old one. */
  readonly run?: readonly string[]
  readonly shell?: string
  readonly inside?: true
  readonly set?: Setting
  readonly lifted?: true
  readonly restart?: true
  readonly as?: 'old'
  readonly each?: 'subprojects' | 'cells'
  /** By rising code; any other code means stop. */
  readonly answers: readonly Answer[]
  /** Seconds. */
  readonly takes?: number
  readonly limit?: number
  /** Why there is no way back to the old release from here. */
  readonly final?: string
  readonly stopped?: true
  readonly interrupts?: string
  readonly optional?: string
  readonly note?: string
}

/** How a service is upgraded. */
export interface Upgrade {
  readonly hops: 'slurp' | 'adjacent'
  readonly restart: 'rolling' | 'cold'
  /** Processes as they are restarted; those not named come last. */
  readonly order: readonly string[]
  readonly databases: readonly string[]
  readonly interrupts?: string
  readonly sources: readonly string[]
  readonly steps: readonly UpgradeStep[]
}

/** Another service goes before this one. */
export interface Edge {
  readonly after: string
  readonly kind: 'required' | 'recommended'
  /** The oldest release of the other service that this one works with. */
  readonly atLeast?: string
  readonly why?: string
  readonly source: string
}

/** Exit codes that many services share. */
const sharedAnswers: Readonly<Record<string, readonly Answer[]>> = {
  // oslo.upgradecheck: the codes of every SERVICE-status upgrade check.
  'upgrade check': [
    { code: 0, do: 'go on', means: 'all checks passed' },
    { code: 1, do: 'look', means: 'warnings: read them, then go on' },
    { code: 2, do: 'stop', means: 'a check failed: the upgrade would not work' },
    { code: 255, do: 'stop', means: 'the check itself failed' },
  ],
  // nova, cinder, placement and ironic agree on these for online_data_migrations.
  'until done': [
    { code: 0, do: 'go on', means: 'nothing is left to migrate' },
    { code: 1, do: 'repeat', means: 'some rows were migrated: run it again' },
    { code: 2, do: 'stop', means: 'some migrations fail: the log says why' },
    { code: 127, do: 'stop', means: 'a wrong argument' },
  ],
}

type RawAnswers = string | Readonly<Record<string, Omit<Answer, 'code'>>>

interface RawStep extends Omit<UpgradeStep, 'answers' | 'takes' | 'limit'> {
  readonly answers?: RawAnswers
  readonly takes?: string
  readonly limit?: string
}

/** The key `upgrade` as it stands in a profile that fits the schema. */
interface RawUpgrade extends Omit<Upgrade, 'order' | 'steps'> {
  readonly order?: readonly string[]
  readonly steps: readonly RawStep[]
}

function answersOf(raw: RawAnswers | undefined): readonly Answer[] {
  if (raw === undefined) return [{ code: 0, do: 'go on', means: 'done' }]
  if (typeof raw === 'string') return sharedAnswers[raw]!
  return Object.entries(raw)
    .map(([code, { do: action, means }]) => ({ code: Number(code), do: action, means }))
    .sort((one, other) => one.code - other.code)
}

/** `90s`, `30m` or `2h` in seconds; none if it is not one. */
export function secondsOf(text: string): number | undefined {
  const found = /^([1-9]\d{0,5})([smh])$/.exec(text)
  if (found === null) return undefined
  return Number(found[1]) * { s: 1, m: 60, h: 3600 }[found[2] as 's' | 'm' | 'h']
}

/** The keys of a profile that only a plan asks for. */
export interface UpgradeKeys {
  /** None where nobody has said how the service is upgraded. */
  readonly upgrade?: Upgrade
  readonly edges: readonly Edge[]
}

export interface RawUpgradeKeys {
  readonly upgrade?: RawUpgrade
  readonly edges?: readonly Edge[]
}

export function upgradeKeysOf({ upgrade, edges = [] }: RawUpgradeKeys): UpgradeKeys {
  return upgrade === undefined ? { edges } : { upgrade: upgradeOf(upgrade), edges }
}

function upgradeOf(raw: RawUpgrade): Upgrade {
  return {
    ...raw,
    order: raw.order ?? [],
    steps: raw.steps.map(({ answers, takes, limit, ...step }) => ({
      ...step,
      answers: answersOf(answers),
      ...(takes === undefined ? {} : { takes: secondsOf(takes)! }),
      ...(limit === undefined ? {} : { limit: secondsOf(limit)! }),
    })),
  }
}
