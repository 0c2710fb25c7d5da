import {
  type Constraints,
  mergeConstraints,
  parseConstraintsText,
  pinsFor,
} from '#inputs/constraints-file.js'
import type { Fleet } from '#inputs/fleet.js'
import { type ReadInput, readInput } from '#inputs/requirements-file.js'
import { shownPath } from '#inputs/shipped-path.js'
import { decodeText } from '#inputs/text-lines.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import { demandLine, pinLine } from '#solver/lines.js'
import type { Line } from '#solver/problem.js'

interface ReadConstraints {
  readonly constraints: Constraints
  readonly bytes: Uint8Array
}

export async function readConstraints(path: string, read: ReadInput = readInput): Promise<ReadConstraints> {
  const bytes = await read(path)
  return { constraints: parseConstraintsText(decodeText(bytes, path), shownPath(path)), bytes }
}

/** Constraints files that all hold, counted among the inputs; none where there is no file. */
export async function notedConstraints(
  fleet: Fleet,
  paths: readonly string[] = [],
  reader: ReadInput = readInput,
): Promise<Constraints | undefined> {
  if (paths.length === 0) return undefined
  const read = await Promise.all(paths.map((path) => readConstraints(path, reader)))
  for (const [index, { bytes }] of read.entries())
    fleet.note(
      index === 0 ? 'constraints' : `constraints-${String(index).padStart(4, '0')}`,
      paths[index]!,
      bytes,
    )
  return mergeConstraints(read.map(({ constraints }) => constraints))
}

/** What a constraints file says in one environment, pins and bounds alike, as lines that constrain. */
export function constraintLines(
  constraints: Constraints,
  by: string,
  environment: MarkerEnvironment,
): Line[] {
  const pins = [...pinsFor(constraints, environment)].map(([name, pin]) => pinLine(name, pin, by))
  const bounds = [...constraints.bounds.values()]
    .flat()
    .flatMap(({ requirement, at, text }) => demandLine({ requirement, at }, by, environment, { text }))
  return [...pins, ...bounds.map((line): Line => ({ ...line, key: `pin ${line.key}`, kind: 'pin' }))]
}
