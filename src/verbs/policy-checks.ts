import { dirname, isAbsolute, join } from 'node:path'
import { notSeparate, unsatisfiable } from '#collisions/environment-findings.js'
import type { Finding, Rule } from '#collisions/finding.js'
import { allRules } from '#collisions/finding.js'
import type { EnvironmentCheck, ResultCell } from '#collisions/result.js'
import type { Counts } from '#collisions/summary.js'
import { placed, SvcsplitError } from '#errors.js'
import type { Policy, PolicyEnvironment, PolicyHost } from '#inputs/policy-file.js'
import type { ReadInput } from '#inputs/requirements-file.js'
import type { DistributionName } from '#pep/name.js'
import type { Progress } from '#progress.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { ExplainedConflict } from '#solver/conflict.js'
import { toolVersion } from '#version.js'
import { type Analysis, analyze, leftOut, type WorkedAnalysis } from './analyze.js'
import { type KnownData, knownData } from './known-data.js'
import type { IndexChoice } from './missing-facts.js'
import { askSharing, type ShareOptions, sharedAsRun } from './share.js'

export interface CheckOptions {
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly read: ReadInput
  readonly index: IndexChoice
  readonly progress?: Progress
  readonly surroundings: boolean
  /** What of the code is held against libraries: `all`, `none` or kinds of names; all if left out. */
  readonly code?: string
  /** Files that are not there leave out what rests on them: an older revision need not have them all. */
  readonly skipMissing: boolean
}

/** A path in a policy is relative to the policy. */
export function besidePolicy(policy: Policy, path: string): string {
  return isAbsolute(path) ? path : join(dirname(policy.path), path)
}

function hostOptions(policy: Policy, host: PolicyHost) {
  const refuse = (what: string): never => {
    throw new SvcsplitError('E-POL-SCHEMA', `this host ${what}`, { at: host.at })
  }
  if ((host.release === undefined) === (host.constraints === undefined) && host.requirements === undefined)
    refuse('needs either a release or constraints')
  if ((host.services === undefined) === (host.requirements === undefined))
    refuse('needs either services or requirements')
  const path = (one: string) => besidePolicy(policy, one)
  return {
    services: host.services ?? [],
    ...(host.release === undefined ? {} : { host: host.release }),
    ...(host.constraints === undefined ? {} : { constraints: [path(host.constraints)] }),
    ...(host.requirements === undefined ? {} : { requirements: path(host.requirements) }),
    ...(host.profile === undefined ? {} : { profile: path(host.profile) }),
  }
}

/** Errors of what a policy names (no such service) have no place of their own: they get that of the entry. */
async function unlessMissing<T>(
  work: Promise<T>,
  entry: { readonly at: PolicyHost['at'] },
  skip: boolean,
): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (skip && error instanceof SvcsplitError && error.code === 'E-FS-NOTFOUND') return undefined
    throw placed(error, entry.at)
  }
}

interface CheckedEnvironment {
  readonly check: EnvironmentCheck
  readonly undecided: readonly Undecided[]
  /** What a finding rests on, by its id. */
  readonly conflicts?: ReadonlyMap<string, ExplainedConflict>
}

/** A policy as checked, with the conflicts of its environments by the ids of findings. */
interface CheckedPolicy extends Analysis {
  readonly conflicts: ReadonlyMap<string, ExplainedConflict>
}

/** What is asked of the services of an environment. */
function askedOf(
  policy: Policy,
  { services, constraints }: PolicyEnvironment,
  { python, platform, read, code }: Pick<CheckOptions, 'python' | 'platform' | 'read' | 'code'>,
  known: KnownData,
): ShareOptions {
  return {
    services,
    python,
    platform,
    read,
    known,
    ...(code === undefined ? {} : { code }),
    ...(constraints === undefined ? {} : { constraints: [besidePolicy(policy, constraints)] }),
  }
}

async function checkEnvironment(
  policy: Policy,
  environment: PolicyEnvironment,
  options: CheckOptions,
  known: KnownData,
): Promise<CheckedEnvironment> {
  const { name, at } = environment
  const { python } = options
  const asked = await askSharing(askedOf(policy, environment, options, known))
  const ids = asked.services.map(({ id }) => id)
  const run = asked.sharing.kind === 'solution' ? asked.asRun() : undefined
  const sharing = run === undefined ? asked.sharing : sharedAsRun(run.problem)
  if (sharing.kind === 'solution')
    return { check: { name, services: ids, sharable: true, at, findings: [] }, undecided: [] }
  if (sharing.kind === 'undecided')
    return {
      check: { name, services: ids, sharable: null, at, findings: [] },
      undecided: [
        { distribution: name as DistributionName, reason: 'the budget of the search for a solution ended' },
      ],
    }
  const certain = sharing.conflicts.filter(({ lines }) => !lines.some(({ isMissing }) => isMissing === true))
  const told = certain.map((conflict) => ({
    conflict,
    finding: unsatisfiable(conflict, name, python, at),
  }))
  const missing = sharing.conflicts.flatMap(({ lines }) =>
    lines.filter(({ isMissing }) => isMissing === true),
  )
  return {
    check: {
      name,
      services: ids,
      sharable: certain.length > 0 ? false : null,
      at,
      findings: told.map(({ finding }) => finding),
    },
    conflicts: new Map(told.map(({ conflict, finding }) => [finding.id, conflict])),
    undecided: missing.map(({ name: distribution, trouble = 'not known' }) => ({
      distribution,
      reason: trouble,
    })),
  }
}

function together(policy: Policy, services: readonly string[]): readonly (readonly string[])[] {
  const names = new Set(services.map((id) => id.split('@')[0]!))
  return policy.separate
    .map((list) => list.services.filter((service) => names.has(service)))
    .filter((found) => found.length > 1)
}

function sums(parts: readonly Counts[]): Counts {
  return Object.fromEntries(
    allRules.map((rule) => [rule, parts.reduce((sum, counts) => sum + counts[rule], 0)]),
  ) as Counts
}

/** Distributions by rule, each once, over everything that is told. */
function distinct(findings: readonly Finding[]): Counts {
  const names = new Map<Rule, Set<string>>(allRules.map((rule) => [rule, new Set()]))
  for (const { rule, distribution } of findings) names.get(rule)?.add(distribution)
  return Object.fromEntries([...names].map(([rule, set]) => [rule, set.size])) as Counts
}

function countOf(findings: readonly Finding[]): Counts {
  return Object.fromEntries(
    allRules.map((rule) => [rule, findings.filter((finding) => finding.rule === rule).length]),
  ) as Counts
}

/** Everything that a policy wants checked, as one result. */
export async function checkPolicy(policy: Policy, options: CheckOptions): Promise<CheckedPolicy> {
  const { python, platform, read, index, progress, skipMissing, surroundings, code } = options
  const known = knownData(index.excludeNewer)
  const parts: WorkedAnalysis[] = []
  const cells = new Map<string, ResultCell>()
  const servicesOn = new Map<string, { services: Set<string>; host: PolicyHost }>()
  for (const host of policy.hosts) {
    const part = await unlessMissing(
      analyze({
        ...hostOptions(policy, host),
        python,
        platform,
        read,
        known,
        surroundings,
        index,
        ...(code === undefined ? {} : { code }),
        ...(progress === undefined ? {} : { progress }),
      }),
      host,
      skipMissing,
    )
    if (part === undefined) continue
    parts.push(part)
    for (const cell of part.cells) {
      const { label } = cell.host
      const key = JSON.stringify([cell.candidate.service, cell.candidate.release, label])
      if (!cells.has(key)) cells.set(key, { ...cell, at: host.at })
      const there = servicesOn.get(label) ?? { services: new Set(), host }
      there.services.add(cell.candidate.service)
      servicesOn.set(label, there)
    }
  }
  const environments: EnvironmentCheck[] = []
  const conflicts = new Map<string, ExplainedConflict>()
  const undecided: Undecided[] = parts.flatMap((part) => part.undecided)
  for (const environment of policy.environments) {
    const checked = await unlessMissing(
      checkEnvironment(policy, environment, options, known),
      environment,
      skipMissing,
    )
    if (checked === undefined) continue
    const apart = together(policy, environment.services).map((services) =>
      notSeparate(services, environment.name, environment.at),
    )
    environments.push({ ...checked.check, findings: [...checked.check.findings, ...apart] })
    undecided.push(...checked.undecided)
    for (const [id, conflict] of checked.conflicts ?? []) conflicts.set(id, conflict)
  }
  for (const [label, { services, host }] of servicesOn) {
    const apart = together(policy, [...services]).map((found) => notSeparate(found, label, host.at))
    if (apart.length > 0)
      environments.push({
        name: `host ${label}`,
        services: [...services].sort(),
        sharable: null,
        at: host.at,
        findings: apart,
      })
  }
  const all = [...cells.values()]
  const ofEnvironments = environments.flatMap(({ findings }) => findings)
  const hosts = new Set(all.map(({ host }) => host.label))
  const images = parts.find((part) => part.images !== undefined)?.images
  const worked = new Set<Rule>(parts.flatMap(({ rules }) => rules))
  if (policy.environments.length > 0) worked.add('unsatisfiable')
  if (policy.separate.length > 0) worked.add('not-separate')
  return {
    toolVersion: toolVersion(),
    inputs: known.fleet.inputs(),
    python,
    platform,
    ...leftOut(index),
    ...(hosts.size === 1 && parts[0]?.host !== undefined ? { host: parts[0].host } : {}),
    releases: known.fleet.releases.list,
    cells: all,
    ...(environments.length === 0 ? {} : { environments }),
    rules: allRules.filter((rule) => worked.has(rule)),
    notesTold: parts.every(({ notesTold }) => notesTold),
    summary: {
      findings: sums([...all.map(({ summary }) => summary.findings), countOf(ofEnvironments)]),
      distributions: distinct([...all.flatMap(({ findings }) => findings), ...ofEnvironments]),
    },
    ...(surroundings ? { held: parts.flatMap(({ held = [] }) => held) } : {}),
    ...(images === undefined ? {} : { images }),
    undecided,
    conflicts,
    separate: parts.reduce(
      (sum, { separate }) => ({ sound: sum.sound + separate.sound, of: sum.of + separate.of }),
      { sound: 0, of: 0 },
    ),
  }
}
