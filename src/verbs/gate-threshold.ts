import { allRules, type Level, type Rule } from '#collisions/finding.js'
import type { Threshold } from '#collisions/verdict.js'
import { SvcsplitError } from '#errors.js'
import { nearestNames } from '#inputs/nearest-name.js'
import type { Policy } from '#inputs/policy-file.js'

const levels: readonly Level[] = ['error', 'warning', 'note']

/** A rule by its name as a user wrote it. */
export function ruleNamed(name: string, fail: (message: string, hint: string) => never): Rule {
  const rule = allRules.find((one) => one === name)
  if (rule !== undefined) return rule
  const near = nearestNames(name, allRules)
  return fail(
    `there is no rule ${JSON.stringify(name)}`,
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known are ${allRules.join(', ')}`,
  )
}

/** What fails: as asked for, else as the policy says, else errors. @throws E-CLI-USAGE, E-POL-SCHEMA */
export function threshold(
  options: { readonly failOn?: readonly string[] },
  policy: Policy | undefined,
): Threshold {
  const inPolicy =
    (pointer: string) =>
    (message: string, hint: string): never => {
      throw new SvcsplitError('E-POL-SCHEMA', message, { at: policy!.placeOf(pointer), hint })
    }
  const onCommandLine = (message: string, hint: string): never => {
    throw new SvcsplitError('E-CLI-USAGE', message, {
      hint: `${hint}; levels are ${levels.join(', ')}; none for none`,
    })
  }
  const named = (
    names: readonly string[],
    fail: (index: number) => (message: string, hint: string) => never,
  ) => names.map((name, index) => levels.find((level) => level === name) ?? ruleNamed(name, fail(index)))
  const failOn =
    options.failOn !== undefined
      ? named(
          options.failOn.filter((name) => name !== 'none'),
          () => onCommandLine,
        )
      : named(policy?.failOn ?? ['error'], (index) => inPolicy(`/fail-on/${index}`))
  const rules = [...(policy?.rules ?? [])].map(
    ([name, wanted]) => [ruleNamed(name, inPolicy(`/rules/${name}`)), wanted] as const,
  )
  return {
    failOn,
    levels: new Map(
      rules.flatMap(([rule, { level }]) => (level === undefined ? [] : [[rule, level] as const])),
    ),
    allowed: new Map(rules.flatMap(([rule, { max }]) => (max === undefined ? [] : [[rule, max] as const]))),
  }
}
