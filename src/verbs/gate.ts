import { createHash } from 'node:crypto'
import { type BaselineEntry, baselineText, compare, entryOf, parseBaseline } from '#collisions/baseline.js'
import { allRules, type Finding } from '#collisions/finding.js'
import { findingsOf } from '#collisions/result.js'
import { type Comparison, isCounted, judge, levelUnder, type Verdict } from '#collisions/verdict.js'
import { waive } from '#collisions/waive.js'
import { SvcsplitError } from '#errors.js'
import { type InputFile, shownPath } from '#inputs/fleet.js'
import { type Policy, parsePolicy } from '#inputs/policy-file.js'
import { type ReadInput, readInput } from '#inputs/requirements-file.js'
import { decodeText } from '#inputs/text-lines.js'
import { isDay, parseWaivers } from '#inputs/waivers-file.js'
import { existsSync } from '#io/files.js'
import { filesAt } from '#io/git.js'
import { writeOutput } from '#io/write-files.js'
import { type Analysis, analyze } from './analyze.js'
import { kindsNamed } from './as-run.js'
import { ruleNamed, threshold } from './gate-threshold.js'
import { besidePolicy, checkPolicy } from './policy-checks.js'
import type { AnalyzeOptions } from './selection.js'

export interface GateOptions extends AnalyzeOptions {
  /** In place of services, hosts and files that are named one by one. */
  readonly policy?: string
  /** Whether Python and platform were asked for, and so come before what the policy says. */
  readonly isPythonAsked: boolean
  readonly isPlatformAsked: boolean
  /** Levels and rules, or `none`; before what the policy says. */
  readonly failOn?: readonly string[]
  readonly baseline?: string
  readonly writeBaseline: boolean
  readonly pruneBaseline: boolean
  readonly waivers?: string
  /** A git revision: what it had is known. */
  readonly since?: string
  /** A result saved by `-o json`: what it has is known. */
  readonly compare?: string
  /** What is stale fails. */
  readonly strict: boolean
  readonly allowIncomplete: boolean
  /** Such as 2026-11-25. */
  readonly today: string
}

export interface GateResult extends Analysis {
  readonly verdict: Verdict
}

/** Files of the user's that decide beside what is checked, as they count among the inputs. */
function inputFile(id: string, path: string, bytes: Uint8Array): InputFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { id, path: shownPath(path), sha256, shipped: false }
}

/** A policy; errors have its place. @throws E-POL-*, E-FS-* */
export async function readPolicy(path: string, read: ReadInput): Promise<Policy> {
  // errors show the path as it may be shown; what lies beside the policy is looked for beside the policy
  return { ...(await parsePolicy(await read(path), shownPath(path))), path }
}

function refuseContradictions(options: GateOptions): void {
  const { policy, services, host, constraints, requirements, profile } = options
  if (
    policy !== undefined &&
    (services.length > 0 || [host, constraints, requirements, profile].some((one) => one !== undefined))
  )
    throw new SvcsplitError('E-CLI-USAGE', 'the policy says what is checked', {
      hint: 'leave out SERVICE@RELEASE, --host, --constraints, --requirements and --profile, or the policy',
    })
  if ((options.writeBaseline || options.pruneBaseline) && options.since !== undefined)
    throw new SvcsplitError(
      'E-CLI-USAGE',
      'a baseline is written of everything that is found: leave out --since',
    )
  if (options.writeBaseline && options.pruneBaseline)
    throw new SvcsplitError('E-CLI-USAGE', '--write-baseline and --prune-baseline do not go together')
  if (options.code !== undefined) kindsNamed(options.code)
  if (!isDay(options.today))
    throw new SvcsplitError('E-CLI-USAGE', `there is no day ${JSON.stringify(options.today)}`, {
      hint: 'write --now 2026-11-25',
    })
}

/** What is to be checked, as files are read. */
async function checked(
  options: GateOptions,
  policy: Policy | undefined,
  read: ReadInput,
  skipMissing: boolean,
): Promise<Analysis> {
  if (policy === undefined) return analyze({ ...options, read })
  const { index, progress, code } = options
  return checkPolicy(policy, {
    python: options.isPythonAsked ? options.python : (policy.python ?? options.python),
    platform: options.isPlatformAsked ? options.platform : (policy.platform ?? options.platform),
    read,
    index,
    skipMissing,
    surroundings: !skipMissing && options.surroundings === true,
    ...(code === undefined ? {} : { code }),
    ...(progress === undefined ? {} : { progress }),
  })
}

/** What a revision had, by the policy that it had; nothing where it had none of the files. */
async function foundAt(
  options: GateOptions,
  policy: Policy | undefined,
  revision: string,
): Promise<Analysis | undefined> {
  const read = await filesAt(revision)
  const isMissing = (error: unknown) => error instanceof SvcsplitError && error.code === 'E-FS-NOTFOUND'
  let before = policy
  if (options.policy !== undefined)
    before = await readPolicy(options.policy, read).catch((error: unknown) => {
      if (isMissing(error)) return policy
      throw error
    })
  try {
    return await checked(options, before, read, true)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Findings with their states, in the places where they were. */
function withFindings<T extends Analysis>(result: T, findings: readonly Finding[]): T {
  let next = 0
  const take = <C extends { readonly findings: readonly Finding[] }>(one: C): C => {
    const from = next
    next += one.findings.length
    return { ...one, findings: findings.slice(from, next) }
  }
  const cells = result.cells.map(take)
  return {
    ...result,
    cells,
    ...(result.environments === undefined ? {} : { environments: result.environments.map(take) }),
  }
}

/** Where each finding is: the label of its host, or nothing for an environment. */
function hostsOf(result: Analysis): ReadonlyMap<string, string> {
  return new Map(
    result.cells.flatMap(({ host, findings }) => findings.map(({ id }) => [id, host.label] as const)),
  )
}

interface Known {
  readonly entries: readonly BaselineEntry[]
  readonly against: string
  readonly isBaseline: boolean
}

/** The baseline, an older result, an older revision: whatever of these was named. */
async function knownBefore(
  options: GateOptions,
  policy: Policy | undefined,
  baseline: string | undefined,
): Promise<readonly Known[]> {
  const read = async (path: string) => parseBaseline(decodeText(await readInput(path), path), shownPath(path))
  const known: Known[] = []
  if (baseline !== undefined && (existsSync(baseline) || !options.writeBaseline))
    known.push({ entries: await read(baseline), against: shownPath(baseline), isBaseline: true })
  if (options.compare !== undefined)
    known.push({
      entries: await read(options.compare),
      against: shownPath(options.compare),
      isBaseline: false,
    })
  if (options.since !== undefined) {
    const before = await foundAt(options, policy, options.since)
    const hosts = before === undefined ? new Map<string, string>() : hostsOf(before)
    const entries =
      before === undefined ? [] : findingsOf(before).map((one) => entryOf(one, hosts.get(one.id)))
    known.push({ entries, against: options.since, isBaseline: false })
  }
  return known
}

/** Does what changed keep to the policy? `analyze` and `share` under thresholds, a baseline and waivers. */
export async function gate(options: GateOptions): Promise<GateResult> {
  refuseContradictions(options)
  const noted: InputFile[] = []
  const readNoted = async (id: string, path: string): Promise<Uint8Array> => {
    const bytes = await readInput(path)
    noted.push(inputFile(id, path, bytes))
    return bytes
  }
  const policy =
    options.policy === undefined
      ? undefined
      : await readPolicy(options.policy, (path) => readNoted('policy', path))
  const limits = threshold(options, policy)
  const beside = (path: string | undefined) => (path === undefined ? undefined : besidePolicy(policy!, path))
  const waiversPath = options.waivers ?? beside(policy?.waivers)
  const baselinePath = options.baseline ?? beside(policy?.baseline)
  if ((options.writeBaseline || options.pruneBaseline) && baselinePath === undefined)
    throw new SvcsplitError('E-CLI-USAGE', 'which baseline is to be written?', {
      hint: 'name it: --baseline FILE',
    })
  const waivers =
    waiversPath === undefined
      ? []
      : await parseWaivers(await readNoted('waivers', waiversPath), shownPath(waiversPath))
  for (const { match, at } of waivers)
    if (match.rule !== undefined)
      ruleNamed(match.rule, (message, hint) => {
        throw new SvcsplitError('E-WVR-SCHEMA', message, { at, hint })
      })
  const known = await knownBefore(options, policy, baselinePath)

  const result = await checked(options, policy, readInput, false)
  const hosts = hostsOf(result)
  const levelled = findingsOf(result).map((finding) => ({
    ...finding,
    level: levelUnder(limits, finding.rule, finding.level),
  }))
  const waived = waive(levelled, waivers, options.today, ({ id }) => hosts.get(id))
  const isNamed = ({ rule }: { readonly rule: string }) => {
    const one = allRules.find((name) => name === rule)
    return one === undefined || levelUnder(limits, one) !== 'note' || isCounted(limits, one)
  }

  let { findings } = waived
  const compared: Comparison[] = []
  let written: Verdict['written']
  for (const { entries, against, isBaseline } of known) {
    const found = compare(findings, entries)
    const rewrites = isBaseline && (options.writeBaseline || options.pruneBaseline)
    if (!rewrites || options.pruneBaseline) findings = found.findings
    compared.push({ against, isBaseline, gone: rewrites ? [] : found.gone.filter(isNamed) })
  }
  if (baselinePath !== undefined && (options.writeBaseline || options.pruneBaseline)) {
    const before = known.find(({ isBaseline }) => isBaseline)?.entries ?? []
    const now = new Set(findings.map(({ id }) => id))
    const entries = options.pruneBaseline
      ? before.filter(({ id }) => now.has(id))
      : findings
          .filter((one) => one.state !== 'waived' && isNamed(one))
          .map((one) => entryOf(one, hosts.get(one.id)))
    await writeOutput(baselinePath, baselineText(entries))
    const kept = new Set(entries.map(({ id }) => id))
    const old = new Set(before.map(({ id }) => id))
    written = {
      path: shownPath(baselinePath),
      added: [...kept].filter((id) => !old.has(id)).length,
      removed: [...old].filter((id) => !kept.has(id)).length,
    }
    findings = compare(findings, entries).findings
  }
  const told = withFindings(result, findings)
  const inputs = [...result.inputs, ...noted].sort((one, other) => (one.id < other.id ? -1 : 1))
  const { expired, stale, ending } = waived
  const verdict = judge(told, {
    threshold: limits,
    compared,
    ...(written === undefined ? {} : { written }),
    expired,
    stale,
    ending,
    strict: options.strict,
    allowIncomplete: options.allowIncomplete,
  })
  return { ...told, inputs, verdict }
}
