import { type Candidate, type Cell, checkOn, isSoundAlone } from '#collisions/analysis.js'
import type { Host } from '#collisions/check.js'
import type { Finding } from '#collisions/finding.js'
import { chainTo, type ImportChain, moduleOf } from '#collisions/import-reach.js'
import type { AsRun } from '#collisions/needed-names.js'
import { cellBudget } from '#collisions/radius.js'
import { withRaises } from '#collisions/raises.js'
import { tally } from '#collisions/summary.js'
import { SvcsplitError } from '#errors.js'
import type { InputFile } from '#inputs/fleet.js'
import { closure, distributionsOf, type Member } from '#solver/closure.js'
import { accepts, type ClosureFacts, type Demand, type Undecided } from '#solver/closure-demands.js'
import { toolVersion } from '#version.js'
import { type AnalyzeOptions, type Selection, select } from './selection.js'

export interface ExplainOptions extends AnalyzeOptions {
  /** The id of a finding, or a prefix that no other finding has. */
  readonly id: string
}

/** What else is demanded of the same distribution, and whether the host's version is accepted. */
interface OtherDemand {
  readonly demand: Demand
  readonly isMet: boolean
}

export interface ExplainResult {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  readonly python: string
  readonly platform: string
  /** The cell of the finding, with its blast radius where it has errors. */
  readonly cell: Cell
  readonly finding: Finding
  /** The distributions from the service to the one that demands, at the versions that they have there. */
  readonly via: readonly Member[]
  /** Every demand of the closure on the distribution that the finding is about. */
  readonly demands: readonly OtherDemand[]
  /** Of a missing name: how the module that needs it comes to be imported. */
  readonly imports?: ImportChain
}

interface Found {
  readonly candidate: Candidate
  readonly host: Host
  readonly finding: Finding
}

interface Search {
  readonly found: readonly Found[]
  readonly undecided: readonly Undecided[]
  readonly facts: ClosureFacts
}

/** Ids that are named where a prefix fits several. */
const mostNamed = 5

/** Every finding of every cell of the selection whose id begins so; of notes too. */
function search(selection: Selection, facts: ClosureFacts, id: string): Search {
  const found: Found[] = []
  const undecided: Undecided[] = []
  const count = tally()
  for (const candidate of selection.candidates(facts))
    for (const host of selection.hosts) {
      const cell = checkOn(candidate, host, facts, {
        notes: true,
        sound: undefined,
        tally: count,
        ...selection.known,
      })
      undecided.push(...cell.undecided)
      for (const finding of cell.findings)
        if (finding.id.startsWith(id)) found.push({ candidate, host, finding })
    }
  return { found, undecided, facts }
}

const howToList = 'svcsplit analyze SERVICE@RELEASE --host RELEASE shows ids, with -o json all of them'

/** An id of a finding, or how one begins, in lower case. @throws E-CLI-USAGE */
export function requireId(text: string): string {
  const id = text.toLowerCase()
  if (!/^[0-9a-f]{1,12}$/.test(id))
    throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(text)} is no id of a finding`, {
      hint: `an id is twelve digits of 0-9 and a-f, or how one begins: ${howToList}`,
    })
  return id
}

/** One finding of `analyze` with all that it rests on; E-CLI-USAGE if there is none, or more than one, by that id. */
export async function explain(options: ExplainOptions): Promise<ExplainResult> {
  const id = requireId(options.id)
  const selection = await select(options)
  const { found, facts } = await selection.withFacts((known) => search(selection, known, id))
  const [one, ...others] = found
  if (one === undefined)
    throw new SvcsplitError('E-CLI-USAGE', `there is no finding ${id} on Python ${options.python}`, {
      hint: `${howToList}; an id holds for one Python: give --python as the analysis had it; of environments, --policy as the gate had it`,
    })
  if (others.length > 0) {
    const named = found.slice(0, mostNamed).map(({ finding }) => finding.id)
    const rest = found.length - named.length
    throw new SvcsplitError('E-CLI-USAGE', `${found.length} findings have an id that begins with ${id}`, {
      hint: `give more of it: ${named.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`,
    })
  }
  return evidence(selection, facts, one, options)
}

/** From a process to the module that needs what is missing. */
function importsOf({ missing, demand, via }: Finding, asRun: AsRun): ImportChain | undefined {
  const name = via.at(-1)
  const version = demand.by.split(' ')[1]
  if (missing === undefined || name === undefined || version === undefined || !('path' in demand.at))
    return undefined
  const graph = asRun.surface.importGraph(name, version)
  return graph && chainTo(graph, (kind) => asRun.starts(name, version, kind), moduleOf(demand.at.path))
}

function evidence(
  selection: Selection,
  facts: ClosureFacts,
  { candidate, host, finding: { id } }: Found,
  { python, platform }: ExplainOptions,
): ExplainResult {
  const { environment, pins } = host
  const sound = isSoundAlone(candidate, environment, facts)
  const { known } = selection
  const cell = withRaises(checkOn(candidate, host, facts, { notes: true, sound, tally: tally(), ...known }), {
    facts,
    on: (other) => selection.on(facts, other),
    budget: cellBudget,
    ...known,
  })
  const finding = cell.findings.find((one) => one.id === id)!
  const ownPins = candidate.ownPins(environment)
  const walked = closure({
    root: candidate.root,
    pins,
    environment,
    facts,
    ...(ownPins === undefined ? {} : { ownPins }),
  })
  const members = distributionsOf(walked)
  const there = members.get(finding.distribution)?.version
  const isDemand = !['python-floor', 'entry-point', 'system-package', 'same-file'].includes(finding.rule)
  const imports = known.asRun && importsOf(finding, known.asRun)
  return {
    toolVersion: toolVersion(),
    inputs: selection.fleet.inputs(),
    python,
    platform,
    cell,
    finding,
    via: finding.via.flatMap((name) => members.get(name) ?? []),
    ...(imports === undefined ? {} : { imports }),
    demands: !isDemand
      ? []
      : walked.members
          .flatMap(({ set }) => set.demands)
          .filter(({ target }) => target === finding.distribution)
          .map((demand) => ({ demand, isMet: there === undefined || accepts(demand, there) }))
          .sort(
            (one, other) =>
              Number(one.isMet) - Number(other.isMet) || (one.demand.by < other.demand.by ? -1 : 1),
          ),
  }
}
