import { visible } from '#errors.js'

/** What can be wrong with an image, in the order in which it is told. */
const verifyRules = [
  'digest',
  'layer',
  'platform',
  'environment',
  'distribution',
  'wheel',
  'record',
  'extra-file',
  'mode',
  'script',
  'library',
  'requirement',
  'start',
  'user',
  'setuid',
  'compiler',
  'pip',
  'bytecode',
] as const

type VerifyRule = (typeof verifyRules)[number]

/** One thing that is not as it has to be. An error makes the image unfit, a warning is for a person to judge. */
export interface VerifyFinding {
  readonly rule: VerifyRule
  readonly level: 'error' | 'warning'
  /** One line, safe to print. */
  readonly message: string
  /** Absolute, in the image. */
  readonly path?: string
}

/** Takes findings as checks meet them. `path` is relative to `/`, as in a layer. */
export type Report = (rule: VerifyRule, level: VerifyFinding['level'], message: string, path?: string) => void

/** More than this of one rule says no more: the rest is counted. */
const mostOfOneRule = 100

export function findingList(): { readonly report: Report; sorted(): readonly VerifyFinding[] } {
  const found: VerifyFinding[] = []
  return {
    report: (rule, level, message, path) => {
      found.push({
        rule,
        level,
        message: visible(message, 1000),
        ...(path === undefined ? {} : { path: visible(`/${path}`, 1000) }),
      })
    },
    sorted: () => verifyRules.flatMap((rule) => shortened(found.filter((finding) => finding.rule === rule))),
  }
}

function shortened(findings: readonly VerifyFinding[]): readonly VerifyFinding[] {
  const sorted = [...findings].sort((a, b) => compare(a.level, b.level) || comparePlaces(a, b))
  const [first] = sorted
  if (first === undefined || sorted.length <= mostOfOneRule) return sorted
  const { rule, level } = first
  const rest = `and ${sorted.length - mostOfOneRule} more of this kind`
  return [...sorted.slice(0, mostOfOneRule), { rule, level, message: rest }]
}

function comparePlaces(a: VerifyFinding, b: VerifyFinding): number {
  return compare(a.path ?? '', b.path ?? '') || compare(a.message, b.message)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
