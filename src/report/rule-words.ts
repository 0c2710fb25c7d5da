import type { Finding, Rule } from '#collisions/finding.js'

/** What findings of one rule on one host and distribution have in common. */
export interface Cause {
  readonly distribution: string
  /** The host's version; the host's Python for `python-floor`. */
  readonly version: string | undefined
  /** `oslo-service 4.1.2`. */
  readonly has: string
  /** The host, or the name of the environment. */
  readonly where: string
  readonly first: Finding | undefined
}

/** How a rule is told, wherever it is. */
interface RuleWords {
  /** Where there is room for a few words. */
  readonly title: string
  /** For somebody who meets it for the first time. */
  readonly meaning: string
  /** One finding as a sentence without its end: `nova 33.0.2 wants futurist >=3.2.1, the host has 3.1.0`. */
  sentence(finding: Finding): string
  /** What is wrong, without who says so: `oslo-service 4.1.2 on host 2025.1 is refused`. Notes have none. */
  cause?(cause: Cause): string
}

function wanted({ demand, distribution }: Finding): string {
  return `${demand.by} wants ${distribution}${demand.specifier === '' ? '' : ` ${demand.specifier}`}`
}

/** Which known versions next to the host's have the name: ` (9.1.0 had it, 10.0.0 is the first without)`. */
function aroundOf(missing: Finding['missing']): string {
  const { lastWith, firstWithout, firstWith } = missing ?? {}
  const parts = [
    ...(lastWith === undefined ? [] : [`${lastWith} had it, ${firstWithout} is the first without`]),
    ...(firstWith === undefined ? [] : [`${firstWith} has it`]),
  ]
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

const words: Readonly<Record<Rule, RuleWords>> = {
  unsatisfiable: {
    title: 'The demands of services that are to share an environment cannot all be met',
    meaning:
      'These demands cannot all be met by any versions known: the services cannot share one environment.',
    sentence: ({ demand, among = [] }) =>
      `${[demand, ...among].map(({ by, specifier }) => `${by} wants ${specifier}`).join('; ')}: not all can be met`,
    cause: ({ distribution, where }) => `environment ${where} cannot have a ${distribution} that all accept`,
  },
  'not-separate': {
    title: 'Services that are to be separate are in one environment',
    meaning: 'The policy wants these services apart, and they are in one environment.',
    sentence: ({ demand }) => `${demand.by} are in one environment, the policy wants them apart`,
    cause: ({ where }) => `${where} has services that are to be separate`,
  },
  collision: {
    title: 'A demand excludes the version that the host pins',
    meaning: 'A demand excludes the version that the host pins: as declared, the service cannot run there.',
    sentence: (finding) => `${wanted(finding)}, the host has ${finding.supply?.version}`,
    cause: ({ has, where }) => `${has} on host ${where} is refused`,
  },
  'python-floor': {
    title: "A distribution refuses the host's Python",
    meaning: "Requires-Python excludes the host's Python: the distribution cannot be installed there.",
    sentence: ({ demand, supply }) =>
      `${demand.by} wants Python ${demand.specifier}, the host has Python ${supply?.version}`,
    cause: ({ distribution, version, where }) =>
      `Python ${version} of host ${where} is refused by ${distribution}`,
  },
  'broken-import': {
    title: "Code needs a module or name that the host's version does not have",
    meaning:
      'The code needs a module or name that the host’s libraries do not have: whatever metadata allows, it breaks when that code runs.',
    sentence: ({ demand, supply, distribution, missing }) =>
      `${demand.by} needs ${missing?.name ?? demand.specifier}, ${
        supply === undefined
          ? `nobody brings ${distribution} along`
          : `${distribution} ${supply.version} has not${aroundOf(missing)}`
      }`,
    cause: ({ has, where, first }) =>
      first?.supply === undefined
        ? `${first?.missing?.name ?? has} is declared by nobody, and nothing brings it along to host ${where}`
        : `${has} on host ${where} lacks ${first.missing?.gone ?? 'names that code needs'}`,
  },
  missing: {
    title: "A distribution is pinned by the service's own release and not by the host",
    meaning:
      "The service's own release pins it and the host does not: it would have to be installed there first.",
    sentence: (finding) => `${wanted(finding)}, the host does not pin it`,
    cause: ({ distribution, where }) => `${distribution} is not pinned by host ${where}`,
  },
  'missing-extra': {
    title: "A demanded extra does not exist in the host's version",
    meaning:
      "A demanded extra does not exist in the host's version: what it would bring in is not installed.",
    sentence: ({ demand, supply, distribution }) =>
      `${demand.by} wants the extra ${demand.specifier}, ${distribution} ${supply?.version ?? ''} has not`,
    cause: ({ has, where }) => `${has} on host ${where} has not the extra that is wanted`,
  },
  unpinned: {
    title: 'A demanded distribution is pinned by nobody',
    meaning:
      'Neither the host nor the own release pins it: which version comes is decided on the day of the install.',
    sentence: (finding) => `${wanted(finding)}, nobody pins it`,
  },
  'entry-point': {
    title: 'A command that is started, or was until now, does not exist in the new version',
    meaning:
      'A command that is started, or was until now, does not exist in the new version: its unit would fail.',
    sentence: ({ demand, supply, distribution }) =>
      `${demand.by} has ${demand.specifier}, ${distribution} ${supply?.version} has not`,
    cause: ({ has, where }) => `${has} has no longer what host ${where} starts`,
  },
  'system-package': {
    title: 'A binding of a system library cannot be had for the Python, or is there twice',
    meaning:
      "A binding of a system library is made for a distribution's own Python: without that one it cannot be imported.",
    sentence: (finding) => `${wanted(finding)} from the system, and there is ${finding.supply?.version}`,
    cause: ({ distribution, version, where }) =>
      `${distribution} of the system for host ${where}: there is ${version}`,
  },
  'same-file': {
    title: 'Two distributions install one path with different bytes',
    meaning:
      'Two distributions overwrite files of one another: which of them is there is decided by the order of installing.',
    sentence: ({ demand, supply, distribution }) =>
      `${demand.by} and ${distribution} ${supply?.version} both install ${demand.specifier}, with different bytes`,
    cause: ({ has, where }) => `${has} on host ${where} overwrites files of another distribution`,
  },
  drift: {
    title: "A demand accepts the host's version, which the service was not tested with",
    meaning: "The demand accepts the host's version, but the service was tested with another one.",
    sentence: (finding) =>
      `${wanted(finding)}, was tested with ${finding.tested?.version}, the host has ${finding.supply?.version}`,
  },
}

/** A rule that is younger than this text: a result that a newer svcsplit saved has some. */
function unknown(rule: string): RuleWords {
  return {
    title: rule,
    meaning: rule,
    sentence: (finding) =>
      `${rule}: ${wanted(finding)}${finding.supply === undefined ? '' : `, the host has ${finding.supply.version}`}`,
  }
}

export function wordsOf(rule: Rule): RuleWords {
  return words[rule] ?? unknown(rule)
}
