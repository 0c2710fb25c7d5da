import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { type Closure, distributionsOf, type Member, type Pins, viaOf } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import type { UndeclaredModule, UsePlace } from '#surface/surface.js'
import { closureAlone } from './alone.js'
import type { Host } from './check.js'
import { type Finding, type FindingSupply, fingerprint, type MissingName } from './finding.js'
import type { NeededName } from './needed-name.js'
import type { AsRun, LibraryNeeds, Needs } from './needed-names.js'

/** Places that a finding names; the others are counted. */
const mostPlaces = 5

/** A name that is not there, before it is told as a finding. */
interface BrokenName {
  readonly member: Member
  readonly supply: Member
  readonly need: NeededName
}

/** Whether a version is there that sources can be asked of. */
function isThere({ reason }: Member): boolean {
  return reason === 'pin' || reason === 'missing' || reason === 'service'
}

/**
 * Names that the code of the members needs and that the versions of the closure lack. Of the service's own code
 * whatever is not guarded; of libraries, which were tested with each other, what stops them from being imported.
 * What a release pins was tested together: there only what is not as the release has it can lack a name, or miss one.
 * @param host whose pins the closure was walked under, or some of them moved
 */
export function brokenNames(walked: Closure, asRun: AsRun, host: Host): readonly BrokenName[] {
  const { members } = walked
  const { tested } = host
  const free: Member[] = []
  const moved: Member[] = []
  // A hundred thousand members come by before this is optimised, and an iterator makes an object for each.
  for (let at = 0; at < members.length; at++) {
    const member = members[at]!
    if (member.name === undefined || !isThere(member)) continue
    const isPin = member.reason === 'pin'
    if (isPin && tested?.get(member.name)?.version === member.version) continue
    free.push(member)
    if (isPin) moved.push(member)
  }
  const broken: BrokenName[] = []
  /** A service of its own in a user's requirements file has processes as well. */
  const isService = ({ name, version, reason }: Member): boolean =>
    reason === 'service' || asRun.starts(name!, version!, 'process').length > 0
  const tell = (member: Member, supply: Member | undefined, names: LibraryNeeds): void => {
    if (supply === undefined || !isThere(supply)) return
    for (const need of names.lackedBy(supply.version!))
      if (need.level === 'error' || isService(member)) broken.push({ member, supply, need })
  }
  for (const member of free) {
    const needs = asRun.needs(member.name!, member.version!)
    if (needs === undefined || needs.size === 0) continue
    for (const { supply, names } of suppliesOf(walked, needs, free.length === 1)) tell(member, supply, names)
  }
  if (tested !== undefined && moved.length > 0) {
    const isFree = new Set(free)
    const users = moved.map(({ name }) => asRun.surface.usersOf(name!))
    for (const member of members) {
      if (isFree.has(member) || !users.some((one) => one.has(member.name!)) || !isThere(member)) continue
      const needs = asRun.needs(member.name!, member.version!)
      for (const supply of moved) {
        const names = needs?.get(supply.name!)
        if (names !== undefined) tell(member, supply, names)
      }
    }
  }
  return broken
}

interface NamesOfSupply {
  readonly supply: Member | undefined
  readonly names: LibraryNeeds
}

/**
 * Who answers the needs of one user, in their order. On hosts of releases only the service itself is asked, and a pass
 * over a thousand closures costs less than a thousand tables by name; where many users ask, there is one.
 */
function suppliesOf(walked: Closure, needs: Needs, isOnly: boolean): readonly NamesOfSupply[] {
  if (!isOnly) {
    const here = distributionsOf(walked)
    return Array.from(needs, ([name, names]) => ({ supply: here.get(name), names }))
  }
  const found: (NamesOfSupply | undefined)[] = new Array(needs.size).fill(undefined)
  const { members } = walked
  for (let at = 0; at < members.length; at++) {
    const supply = members[at]!
    const names = supply.name === undefined ? undefined : needs.get(supply.name)
    if (names !== undefined) found[names.index] = { supply, names }
  }
  return found.filter((one) => one !== undefined)
}

function membersNamed(
  { members }: Closure,
  names: ReadonlySet<DistributionName>,
): ReadonlyMap<DistributionName, Member> {
  const found = new Map<DistributionName, Member>()
  for (const member of members)
    if (member.name !== undefined && names.has(member.name)) found.set(member.name, member)
  return found
}

/** The known versions around one: where the name was last and is gone, and where it came. */
function around(
  asRun: AsRun,
  need: NeededName,
  version: string,
): Pick<MissingName, 'lastWith' | 'firstWithout' | 'lastWithout' | 'firstWith'> {
  const known = asRun.versions(need.name)
  const at = known.indexOf(version)
  if (at === -1) return {}
  let before = at - 1
  while (before >= 0 && !need.isIn(known[before]!)) before--
  const after = known.findIndex((one, index) => index > at && need.isIn(one))
  return {
    ...(before === -1 ? {} : { lastWith: known[before]!, firstWithout: known[before + 1]! }),
    ...(after === -1 ? {} : { lastWithout: known[after - 1]!, firstWith: known[after]! }),
  }
}

function originOf({ file, line }: UsePlace): Origin {
  return { path: file, line }
}

export function brokenFinding(
  { member, supply, need }: BrokenName,
  walked: Closure,
  host: Host,
  release: string | undefined,
  asRun: AsRun,
): Finding {
  const { service } = walked.root
  const { name, version } = member
  const { at, version: has } = supply
  return {
    id: fingerprint([
      'broken-import',
      service,
      release,
      name,
      need.name,
      need.needs,
      need.kind,
      host.label,
      host.python,
    ]),
    rule: 'broken-import',
    level: need.level,
    distribution: need.name,
    demand: {
      service,
      ...(release === undefined ? {} : { release }),
      by: `${name} ${version}`,
      specifier: need.needs,
      at: need.at,
    },
    supply: placed(has!, at),
    missing: {
      name: need.needs,
      kind: need.kind,
      gone: need.lackedBy(has!)!,
      moment: need.places[0]!.moment,
      uses: need.uses,
      places: need.places.slice(0, mostPlaces).map(originOf),
      ...around(asRun, need, has!),
    },
    via: viaOf(member),
    direct: member.reason === 'service',
    state: 'new',
    fixes: [],
  }
}

function placed(version: string, at: Origin | undefined): FindingSupply {
  return at === undefined ? { version } : { version, at }
}

interface Borrowed {
  /** Modules that somebody else brings along and without which code fails. */
  readonly borrowed: readonly UndeclaredModule[]
  readonly lenders: ReadonlySet<DistributionName>
}

const none: Borrowed = { borrowed: [], lenders: new Set() }
const borrowedBy = new WeakMap<readonly UndeclaredModule[], Borrowed>()

function borrowedOf(undeclared: readonly UndeclaredModule[] | undefined): Borrowed {
  if (undeclared === undefined) return none
  const known = borrowedBy.get(undeclared)
  if (known !== undefined) return known
  const borrowed = undeclared.filter(
    ({ providers, places }) => providers.length > 0 && places.some(({ guard }) => guard === undefined),
  )
  const made = { borrowed, lenders: new Set(borrowed.flatMap(({ providers }) => providers)) }
  borrowedBy.set(undeclared, made)
  return made
}

/**
 * Modules that the service's code imports without declaring who provides them, that came with the libraries of
 * its own release, and that come no more with those of the host.
 */
export function undeclaredFindings(
  walked: Closure,
  host: Host,
  release: string | undefined,
  ownPins: Pins | undefined,
  facts: ClosureFacts,
  asRun: AsRun,
): readonly Finding[] {
  const { distribution } = walked.root
  if (distribution === undefined || ownPins === undefined || ownPins === host.pins) return []
  const { borrowed, lenders } = borrowedOf(asRun.surface.undeclared(distribution.name, distribution.version))
  if (borrowed.length === 0) return []
  const here = membersNamed(walked, lenders)
  const gone = borrowed.filter(({ providers }) => !providers.some((provider) => here.has(provider)))
  if (gone.length === 0) return []
  const own = distributionsOf(
    closureAlone({ root: walked.root, pins: ownPins, environment: host.environment, facts }),
  )
  return gone.flatMap((one) => {
    const provider = one.providers.find((known) => own.has(known))
    return provider === undefined ? [] : [undeclaredFinding(one, provider, walked, host, release, own)]
  })
}

function undeclaredFinding(
  { module, places }: UndeclaredModule,
  provider: DistributionName,
  { root }: Closure,
  host: Host,
  release: string | undefined,
  own: ReadonlyMap<DistributionName, Member>,
): Finding {
  const { name, version } = root.distribution!
  const plain = places.filter(({ guard }) => guard === undefined)
  const [first] = plain
  const before = own.get(provider)!
  return {
    id: fingerprint([
      'broken-import',
      root.service,
      release,
      name,
      'undeclared',
      module,
      host.label,
      host.python,
    ]),
    rule: 'broken-import',
    // Which module of the service asks for it in which deployment is not known: it may be one that is not used.
    level: 'warning',
    distribution: provider,
    demand: {
      service: root.service,
      ...(release === undefined ? {} : { release }),
      by: `${name} ${version}`,
      specifier: module,
      at: originOf(first!),
    },
    tested: placed(before.version!, before.at),
    missing: {
      name: module,
      kind: 'module',
      gone: module,
      moment: first!.moment,
      uses: plain.reduce((sum, { count }) => sum + count, 0),
      places: plain.slice(0, mostPlaces).map(originOf),
      leakedBy: viaOf(before).at(-2) ?? provider,
    },
    via: [name],
    direct: true,
    state: 'new',
    fixes: [],
  }
}
