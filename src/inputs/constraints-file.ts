import { type FileOrigin, formatOrigin, SvcsplitError } from '#errors.js'
import { type Marker, parseMarker } from '#pep/marker.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import type { Requirement } from '#pep/requirement.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import { fillVariables, parseRequirementLine, type RequirementLine } from './requirement-line.js'
import { type LogicalLine, logicalLines, placeIn } from './text-lines.js'

/** One line of a constraints file that fixes a version. */
export interface Pin {
  /** As written. */
  readonly version: string
  readonly marker?: Marker
  readonly at: FileOrigin
}

export interface Constraints {
  readonly path: string
  readonly pins: ReadonlyMap<DistributionName, readonly Pin[]>
  /** Lines that bound a distribution without fixing it (`setuptools<81`). */
  readonly bounds: ReadonlyMap<DistributionName, readonly RequirementLine[]>
}

/** The one form of upper-constraints, and nearly every line there is: read without the full parser. */
const plainPin = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)===?([A-Za-z0-9.!+_-]+)(?:\s*;\s*(.+))?$/

const html = /^\s*<(?:!doctype|html|head|body|\?xml)/i

function notConstraining(line: LogicalLine, path: string, message: string, hint?: string): SvcsplitError {
  return new SvcsplitError('E-CON-FORM', message, {
    at: placeIn(path, line),
    ...(hint === undefined ? {} : { hint }),
  })
}

interface Read {
  readonly name: DistributionName
  readonly pin?: Pin
  readonly bound?: RequirementLine
}

function otherForm(line: LogicalLine, path: string): Read {
  const text = fillVariables(line, path, process.env)
  if (text.startsWith('-'))
    throw notConstraining(
      line,
      path,
      'an option may not stand in a constraints file',
      'only NAME===VERSION lines count',
    )
  const bound = parseRequirementLine(line, path, text)
  const { requirement } = bound
  if (requirement.url !== undefined)
    throw notConstraining(line, path, 'a URL cannot constrain', 'write NAME===VERSION')
  if (requirement.extras.length > 0)
    throw notConstraining(
      line,
      path,
      'a constraint may not have extras',
      `write ${requirement.rawName}===VERSION`,
    )
  const { specifiers } = requirement.specifiers
  // `===` takes any text, and so the none that a file has which was cut off behind it.
  if (specifiers.length === 0 || specifiers.some(({ version }) => version === ''))
    throw notConstraining(line, path, `${requirement.rawName} has no version here`, 'is the file cut off?')
  const version = exactVersion(requirement)
  if (version === undefined) return { name: requirement.name, bound }
  const marker = requirement.marker === undefined ? {} : { marker: requirement.marker }
  return { name: requirement.name, pin: { version, at: bound.at, ...marker } }
}

/** The version of a requirement that one alone meets: `==26.3.0`, `===26.3.0`. */
function exactVersion({ specifiers: { specifiers } }: Requirement): string | undefined {
  const only = specifiers.length === 1 ? specifiers[0]! : undefined
  const isExact = only?.operator === '===' || (only?.operator === '==' && !only.version.endsWith('*'))
  return isExact ? only!.version : undefined
}

/** What lines of a requirements file pin in one environment; where they contradict one another, the first. */
export function exactPins(
  lines: readonly RequirementLine[],
  environment: MarkerEnvironment,
): ReadonlyMap<DistributionName, Pin> {
  const found = new Map<DistributionName, Pin>()
  for (const { requirement, at } of lines) {
    const { name, marker } = requirement
    const version = exactVersion(requirement)
    if (version === undefined || found.has(name)) continue
    if (marker === undefined || evaluateMarker(marker, environment, noExtras))
      found.set(name, { version, at })
  }
  return found
}

/** Only a plain `name===version` whose marker parses; anything else goes through the full parser. */
function fastPin(line: LogicalLine, path: string): Read | undefined {
  const found = plainPin.exec(line.text)
  if (found === null || line.text.includes('${')) return undefined
  const [, name, version, marker] = found
  // `==` wants a version by PEP 440; `===` takes any text.
  if (line.text[name!.length + 2] !== '=' && tryParseVersion(version!) === undefined) return undefined
  const at = placeIn(path, line)
  if (marker === undefined) return { name: normalizeName(name!), pin: { version: version!, at } }
  try {
    return { name: normalizeName(name!), pin: { version: version!, marker: parseMarker(marker), at } }
  } catch {
    return undefined
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/**
 * A constraints file. Lines by pip's rules; `===` and `==` pin, other specifiers bound; extras, URLs and
 * options are `E-CON-FORM`; a web page saved under the name of one is `E-CON-HTML`.
 */
export function parseConstraintsText(text: string, path: string): Constraints {
  const plain = text.replace(/^\ufeff/, '')
  if (html.test(plain.slice(0, 1000)))
    throw new SvcsplitError('E-CON-HTML', 'this is a web page, not a constraints file', {
      at: { path, line: 1 },
      hint: 'fetch the plain text of the file, not the page that shows it',
    })
  const pins = new Map<DistributionName, Pin[]>()
  const bounds = new Map<DistributionName, RequirementLine[]>()
  for (const line of logicalLines(plain, path)) {
    const { name, pin, bound }: Read = fastPin(line, path) ?? otherForm(line, path)
    if (pin !== undefined) add(pins, name, pin)
    if (bound !== undefined) add(bounds, name, bound)
  }
  return { path, pins, bounds }
}

/** Several files that hold together, as pip takes several `-c`: whatever any of them says, holds. */
export function mergeConstraints(files: readonly Constraints[]): Constraints {
  const [first, ...others] = files
  if (others.length === 0) return first!
  const pins = new Map<DistributionName, Pin[]>()
  const bounds = new Map<DistributionName, RequirementLine[]>()
  for (const file of files) {
    for (const [name, list] of file.pins) for (const pin of list) add(pins, name, pin)
    for (const [name, list] of file.bounds) for (const bound of list) add(bounds, name, bound)
  }
  return { path: files.map(({ path }) => path).join(', '), pins, bounds }
}

function sameVersion(one: string, other: string): boolean {
  if (one === other) return true
  const a = tryParseVersion(one)
  const b = tryParseVersion(other)
  return a !== undefined && b !== undefined && compareVersions(a, b) === 0
}

const noExtras: ReadonlySet<string> = new Set()
const active = new WeakMap<Constraints, WeakMap<MarkerEnvironment, ReadonlyMap<DistributionName, Pin>>>()

/** The pins that hold in one environment: at most one for each name, else `E-CON-DUP` with both places. */
export function pinsFor(
  constraints: Constraints,
  environment: MarkerEnvironment,
): ReadonlyMap<DistributionName, Pin> {
  const known =
    active.get(constraints) ?? new WeakMap<MarkerEnvironment, ReadonlyMap<DistributionName, Pin>>()
  active.set(constraints, known)
  const made = known.get(environment) ?? activePins(constraints, environment)
  known.set(environment, made)
  return made
}

function activePins(
  constraints: Constraints,
  environment: MarkerEnvironment,
): ReadonlyMap<DistributionName, Pin> {
  const result = new Map<DistributionName, Pin>()
  for (const [name, pins] of constraints.pins) {
    for (const pin of pins) {
      if (pin.marker !== undefined && !evaluateMarker(pin.marker, environment, noExtras)) continue
      const first = result.get(name)
      if (first === undefined) result.set(name, pin)
      else if (!sameVersion(first.version, pin.version))
        throw new SvcsplitError('E-CON-DUP', `${name} is pinned to ${first.version} and to ${pin.version}`, {
          at: pin.at,
          hint: `the other pin is at ${formatOrigin(first.at)}: keep one, or part them by markers`,
        })
    }
  }
  return result
}
