import { parseRequirement, type Requirement } from './requirement.js'

const parsed = new Map<string, Requirement>()
/** More than all shipped facts have. */
const mostKept = 100_000

/** A line parsed; the same line stands in many versions of a distribution. @throws E-REQ-* */
export function parseRequirementOnce(text: string): Requirement {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const requirement = parseRequirement(text)
  if (parsed.size < mostKept) parsed.set(text, requirement)
  return requirement
}
