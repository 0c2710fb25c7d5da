import type { DistributionName } from '#pep/name.js'
import { type Closure, closure, type Member, type Pins, supplierOf } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import type { Candidate } from './analysis.js'
import { brokenFinding, brokenNames } from './broken-import.js'
import { type Hit, type Host, isRefused, pythonHit, refusesPython } from './check.js'
import type { Finding } from './finding.js'
import { toFinding } from './hit-finding.js'
import type { AsRun } from './needed-names.js'

export function walkOn(candidate: Candidate, host: Host, pins: Pins, facts: ClosureFacts): Closure {
  const { environment } = host
  const ownPins = candidate.ownPins(environment)
  const known = ownPins === undefined ? {} : { ownPins }
  return closure({ root: candidate.root, pins, environment, facts, ...known })
}

/** The errors of a closure, by the rules of question 1 and without the notes that go with them. */
export function errorsOf(
  walked: Closure,
  candidate: Candidate,
  host: Host,
  { asRun }: { readonly asRun?: AsRun },
): readonly Finding[] {
  const ownPins = candidate.ownPins(host.environment)
  const errors: Finding[] = []
  const tell = (hit: Hit, member: Member) =>
    errors.push(toFinding(hit, member, walked, host, candidate.release, ownPins))
  for (const member of walked.members) {
    if (refusesPython(member)) tell(pythonHit, member)
    for (const demand of member.set.demands) {
      const supply = supplierOf(walked, demand)
      if (isRefused(demand, supply)) tell({ ...pythonHit, rule: 'collision', demand, supply }, member)
    }
  }
  if (asRun !== undefined)
    for (const broken of brokenNames(walked, asRun, host))
      if (broken.need.level === 'error')
        errors.push(brokenFinding(broken, walked, host, candidate.release, asRun))
  return errors
}

export function withPins(pins: Pins, versions: ReadonlyMap<DistributionName, string>): Pins {
  const changed = new Map(pins)
  for (const [name, version] of versions) changed.set(name, { version })
  return changed
}
