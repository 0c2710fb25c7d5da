import type { Finding, Rule } from '#collisions/finding.js'
import type { AnalysisResult, EnvironmentCheck, ResultCell } from '#collisions/result.js'
import type { FileOrigin, Origin } from '#errors.js'

/** What findings are about: a service release on a host, or services that are to share an environment. */
export interface Subject {
  /** `nova@2026.1 on host 2025.1`. */
  readonly name: string
  readonly findings: readonly Finding[]
  readonly at?: FileOrigin
  readonly of: ResultCell | EnvironmentCheck
}

export function serviceId({ service, release }: ResultCell['candidate']): string {
  return release === undefined ? service : `${service}@${release}`
}

export function subjectsOf({ cells, environments = [] }: AnalysisResult): readonly Subject[] {
  const subject = (name: string, of: ResultCell | EnvironmentCheck): Subject => ({
    name,
    findings: of.findings,
    ...(of.at === undefined ? {} : { at: of.at }),
    of,
  })
  return [
    ...cells.map((cell) => subject(`${serviceId(cell.candidate)} on host ${cell.host.label}`, cell)),
    ...environments.map((one) => subject(`environment ${one.name}`, one)),
  ]
}

/** What a person reads of a rule where there is room for a few words. */
export const titleOf: Readonly<Record<Rule, string>> = {
  unsatisfiable: 'The demands of services that are to share an environment cannot all be met',
  'not-separate': 'Services that are to be separate are in one environment',
  collision: 'A demand excludes the version that the host pins',
  'python-floor': "A distribution refuses the host's Python",
  'broken-import': "Code needs a module or name that the host's version does not have",
  missing: "A distribution is pinned by the service's own release and not by the host",
  'missing-extra': "A demanded extra does not exist in the host's version",
  unpinned: 'A demanded distribution is pinned by nobody',
  'entry-point': 'A command that is started, or was until now, does not exist in the new version',
  'system-package': 'A binding of a system library cannot be had for the Python, or is there twice',
  'same-file': 'Two distributions install one path with different bytes',
  drift: "A demand accepts the host's version, which the service was not tested with",
}

function wanted({ demand, distribution }: Finding): string {
  return `${demand.by} wants ${distribution}${demand.specifier === '' ? '' : ` ${demand.specifier}`}`
}

/** One finding as one sentence without its end: `nova 33.0.2 wants futurist >=3.2.1, the host has 3.1.0`. */
export function sentence(finding: Finding): string {
  const { rule, demand, supply, distribution, tested, among = [] } = finding
  switch (rule) {
    case 'collision':
      return `${wanted(finding)}, the host has ${supply?.version}`
    case 'python-floor':
      return `${demand.by} wants Python ${demand.specifier}, the host has Python ${supply?.version}`
    case 'broken-import':
      return `${demand.by} needs ${finding.missing?.name ?? demand.specifier}, ${
        supply === undefined
          ? `nobody brings ${distribution} along`
          : `${distribution} ${supply.version} has not`
      }`
    case 'missing':
      return `${wanted(finding)}, the host does not pin it`
    case 'missing-extra':
      return `${demand.by} wants the extra ${demand.specifier}, ${distribution} ${supply?.version ?? ''} has not`
    case 'unpinned':
      return `${wanted(finding)}, nobody pins it`
    case 'entry-point':
      return `${demand.by} has ${demand.specifier}, ${distribution} ${supply?.version} has not`
    case 'system-package':
      return `${wanted(finding)} from the system, and there is ${supply?.version}`
    case 'same-file':
      return `${demand.by} and ${distribution} ${supply?.version} both install ${demand.specifier}, with different bytes`
    case 'drift':
      return `${wanted(finding)}, was tested with ${tested?.version}, the host has ${supply?.version}`
    case 'unsatisfiable':
      return `${[demand, ...among].map(({ by, specifier }) => `${by} wants ${specifier}`).join('; ')}: not all can be met`
    case 'not-separate':
      return `${demand.by} are in one environment, the policy wants them apart`
    default:
      // A rule that is younger than this text, or comes from a result that a newer svcsplit saved.
      return `${rule}: ${wanted(finding)}${supply === undefined ? '' : `, the host has ${supply.version}`}`
  }
}

/** Findings that are told one by one where each costs attention: errors and warnings. Notes are counted. */
export function isTold({ level }: Finding): boolean {
  return level !== 'note'
}

/** Numbers of findings by rule, of the rules that found some. */
export function countsOf({ rules, summary }: AnalysisResult): readonly (readonly [Rule, number])[] {
  return rules.map((rule) => [rule, summary.findings[rule]] as const).filter(([, number]) => number > 0)
}

function fileOf(at: Origin | undefined): FileOrigin | undefined {
  return at !== undefined && 'path' in at && at.path !== '' ? at : undefined
}

/** Paths of the user's own files among the inputs: only these are in the user's checkout. */
export function ownPaths({ inputs }: AnalysisResult): ReadonlySet<string> {
  return new Set(inputs.filter(({ shipped }) => shipped === false).map(({ path }) => path))
}

export interface Places {
  /** Where a person has to look first. */
  readonly main: FileOrigin | undefined
  /** The others, each with what stands there. */
  readonly others: readonly { readonly what: string; readonly at: FileOrigin }[]
}

/**
 * The files of a finding: the line that demands, then the pin, then the line of the policy that asks. Lines of the
 * user's own files come before lines of shipped ones, which no checkout has.
 */
export function placesOf(finding: Finding, subject: Subject, own: ReadonlySet<string>): Places {
  const demand = fileOf(finding.demand.at)
  const supply = fileOf(finding.supply?.at)
  const all = [
    ...(demand === undefined ? [] : [{ what: 'the demand', at: demand }]),
    ...(finding.among ?? []).flatMap(({ by, at }) => {
      const file = fileOf(at)
      return file === undefined ? [] : [{ what: `a demand of ${by}`, at: file }]
    }),
    ...(supply === undefined ? [] : [{ what: 'the pin', at: supply }]),
    ...(subject.at === undefined ? [] : [{ what: 'the policy', at: subject.at }]),
  ]
  const main = all.find(({ at }) => own.has(at.path)) ?? all[0]
  return { main: main?.at, others: all.filter((one) => one !== main) }
}

/** The place of a finding that no file tells: the profile of its service, else the first file that was read. */
export function fallbackPath(finding: Finding, { inputs }: AnalysisResult): string {
  const profile = inputs.find(({ id }) => id === `profile-${finding.demand.service}`)
  return (profile ?? inputs[0])?.path ?? 'constraints/releases.json'
}
