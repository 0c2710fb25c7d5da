import type { SharedPath } from '#catalog/shared-paths.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { type Closure, closure, distributionsOf, type Member, type Pins, type Root } from '#solver/closure.js'
import type { ClosureFacts, Undecided } from '#solver/closure-demands.js'
import { closureAlone } from './alone.js'
import { brokenFinding, brokenNames, undeclaredFindings } from './broken-import.js'
import { extraHits, type Hit, type Host, hitsOf, notesOf, pythonHit, refusesPython } from './check.js'
import { type EntryPoints, vanishedEntryPoints } from './entry-points.js'
import { fictionalBounds } from './fictional-bounds.js'
import type { Finding, Fix, Rule } from './finding.js'
import { allRules, levelOf } from './finding.js'
import { toFinding } from './hit-finding.js'
import type { AsRun } from './needed-names.js'
import type { ResultCell } from './result.js'
import { sameFileFindings } from './same-file.js'
import { type Numbers, numbersOf, type Tally } from './summary.js'
import { bindingFindings, type SystemNeeds } from './system-bindings.js'
import { undecidedOfCode } from './undecided-code.js'

/** A service release, or a user's own list of requirements, that is to run on hosts. */
export interface Candidate {
  readonly service: string
  readonly release?: string
  readonly version?: string
  readonly root: Root
  /** The pins of its own release in one environment. */
  ownPins(environment: MarkerEnvironment): Pins | undefined
  /** What it starts, and what another release of it started. */
  entryPoints(release: string): EntryPoints | undefined
  /** What it takes from the system; none where it has no profile. */
  system?(): SystemNeeds | undefined
}

/** One answer to question 1, with what it was worked out from. */
export interface Cell extends ResultCell {
  readonly candidate: Candidate
  readonly host: Host
}

export interface CheckOptions extends KnownOfWheels {
  /** Whether notes (drift, unpinned) are told as findings, or only counted. */
  readonly notes: boolean
  /** What `isSoundAlone` said. */
  readonly sound: boolean | undefined
  readonly tally: Tally
}

/** What is known beside metadata; what is left out gives no findings. */
export interface KnownOfWheels {
  /** What is known of code; without it nothing is said of `broken-import`. */
  readonly asRun?: AsRun
  /** Paths that distributions bring with different bytes; without them nothing is said of `same-file`. */
  readonly sharedPaths?: readonly SharedPath[]
}

const ruleOrder: ReadonlyMap<Rule, number> = new Map(allRules.map((rule, index) => [rule, index]))

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function compareFindings(one: Finding, other: Finding): number {
  return (
    ruleOrder.get(one.rule)! - ruleOrder.get(other.rule)! ||
    // Of `broken-import` there are errors and warnings.
    compareText(one.level, other.level) ||
    Number(other.direct) - Number(one.direct) ||
    compareText(one.distribution, other.distribution) ||
    compareText(one.demand.by, other.demand.by) ||
    compareText(one.demand.specifier, other.demand.specifier)
  )
}

/**
 * Whether a candidate has no error under the pins of its own release, with nothing undecided: then separation is
 * a fix by construction. None where it has no release of its own.
 */
export function isSoundAlone(
  candidate: Candidate,
  environment: MarkerEnvironment,
  facts: ClosureFacts,
): boolean | undefined {
  const pins = candidate.ownPins(environment)
  if (pins === undefined) return undefined
  const own = closureAlone({ root: candidate.root, pins, environment, facts })
  return (
    own.undecided.length === 0 &&
    own.members.every(
      (member) =>
        !refusesPython(member) &&
        hitsOf(own, member.set, undefined).told.every(({ rule }) => levelOf[rule] !== 'error'),
    )
  )
}

const numbers = new Map<DistributionName, number>()

/** Numbers for distributions whose slots are not at hand; a rule uses either these or slots. */
function namedNumbers(names: readonly DistributionName[]): Numbers {
  return numbersOf(
    names.map((name) => {
      const number = numbers.get(name) ?? numbers.size
      numbers.set(name, number)
      return number
    }),
  )
}

function entryPointFindings(candidate: Candidate, host: Host, count: Tally): readonly Finding[] {
  if (host.release === undefined || host.release === candidate.release) return []
  const entryPoints = candidate.entryPoints(host.release)
  if (entryPoints === undefined) return []
  const found = vanishedEntryPoints(candidate, host, entryPoints)
  if (found.length > 0) count.add('entry-point', found.length, namedNumbers([found[0]!.distribution]))
  return found
}

function systemFindings(candidate: Candidate, host: Host, walked: Closure, count: Tally): readonly Finding[] {
  const needs = candidate.system?.()
  if (needs === undefined) return []
  const found = bindingFindings(candidate, host, needs, distributionsOf(walked))
  if (found.length > 0)
    count.add('system-package', found.length, namedNumbers(found.map(({ distribution }) => distribution)))
  return found
}

/** As run: names that code needs and that are not there, and modules that nobody brings along any more. */
function brokenImports(
  walked: Closure,
  candidate: Candidate,
  host: Host,
  facts: ClosureFacts,
  { asRun, tally }: CheckOptions,
): readonly Finding[] {
  if (asRun === undefined) return []
  const found = [
    ...brokenNames(walked, asRun, host).map((broken) =>
      brokenFinding(broken, walked, host, candidate.release, asRun),
    ),
    ...undeclaredFindings(walked, host, candidate.release, candidate.ownPins(host.environment), facts, asRun),
  ]
  if (found.length > 0)
    tally.add('broken-import', found.length, namedNumbers(found.map(({ distribution }) => distribution)))
  return found
}

function sameFiles(
  walked: Closure,
  candidate: Candidate,
  host: Host,
  { sharedPaths = [], tally }: CheckOptions,
): readonly Finding[] {
  const found = sameFileFindings(walked, host, candidate.release, sharedPaths)
  if (found.length > 0)
    tally.add('same-file', found.length, namedNumbers(found.map(({ distribution }) => distribution)))
  return found
}

/** Distributions that the host bounds (`setuptools<81`): which version it has cannot be told. */
function boundOnly(walked: Closure, host: Host): readonly Undecided[] {
  const { bounds } = host
  if (bounds === undefined) return []
  return [...distributionsOf(walked)]
    .filter(([name, { reason }]) => reason !== 'pin' && reason !== 'service' && bounds.has(name))
    .map(([distribution]) => ({ distribution, reason: 'the constraints bound it and do not pin it' }))
}

/** Question 1: may the candidate run on this host as it is? */
export function checkOn(candidate: Candidate, host: Host, facts: ClosureFacts, options: CheckOptions): Cell {
  const { environment, pins } = host
  const ownPins = candidate.ownPins(environment)
  const known = ownPins === undefined ? {} : { ownPins }
  const walked = closure({ root: candidate.root, pins, environment, facts, ...known })
  const count = options.tally
  count.begin()
  const findings: Finding[] = []
  const tell = (hit: Hit, member: Member) =>
    findings.push(toFinding(hit, member, walked, host, candidate.release, ownPins))
  for (const member of walked.members) {
    if (refusesPython(member)) {
      count.add('python-floor', 1, namedNumbers([member.name!]))
      tell(pythonHit, member)
    }
    const { told, counts } = hitsOf(walked, member.set, ownPins)
    for (const { rule, findings: number, distributions } of counts) count.add(rule, number, distributions)
    for (const hit of told) tell(hit, member)
    if (options.notes) for (const hit of notesOf(walked, member.set, ownPins)) tell(hit, member)
  }
  for (const { hit, member } of extraHits(walked)) {
    count.add('missing-extra', 1, numbersOf([hit.demand!.slot]))
    tell(hit, member)
  }
  findings.push(...entryPointFindings(candidate, host, count))
  findings.push(...systemFindings(candidate, host, walked, count))
  findings.push(...brokenImports(walked, candidate, host, facts, options))
  findings.push(...sameFiles(walked, candidate, host, options))
  const fixes: readonly Fix[] =
    options.sound === true ? [{ kind: 'separate', service: candidate.service, verified: true }] : []
  const told = findings
    .map((finding) => (finding.level === 'error' ? { ...finding, fixes } : finding))
    .sort(compareFindings)
  return {
    candidate,
    host,
    summary: count.cell(),
    size: walked.members.filter(({ name }) => name !== undefined).length,
    findings: told,
    undecided: [
      ...walked.undecided,
      ...boundOnly(walked, host),
      ...(options.asRun === undefined ? [] : undecidedOfCode(walked, options.asRun)),
    ],
    ...(options.notes && options.asRun !== undefined
      ? { fictions: fictionalBounds(walked, options.asRun) }
      : {}),
  }
}
