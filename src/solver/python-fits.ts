import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import { specifierSetContains, tryParseSpecifierSet } from '#pep/specifier-set.js'

const pythonAnswers = new Map<string, boolean>()

/** Whether Requires-Python admits the environment's Python; none when it cannot be read. */
export function pythonFits(
  environment: MarkerEnvironment,
  requiresPython: string | undefined,
): boolean | undefined {
  if (requiresPython === undefined) return true
  const key = `${environment.python_full_version} ${requiresPython}`
  const known = pythonAnswers.get(key)
  if (known !== undefined) return known
  const set = tryParseSpecifierSet(requiresPython)
  if (set === undefined) return undefined
  const answer = specifierSetContains(set, environment.python_full_version, true)
  pythonAnswers.set(key, answer)
  return answer
}
