import { formatMarker } from '#pep/marker-format.js'
import type { Requirement } from '#pep/requirement.js'
import { formatSpecifierSet } from '#pep/specifier-set.js'

/** The requirement as packaging prints it, but with normalised extras. */
export function formatRequirement(requirement: Requirement): string {
  const { rawName, extras, specifiers, url, marker } = requirement
  let text = rawName
  // 'a_' is read as an extra and normalised to 'a-', which would not be read again.
  if (extras.length > 0) text += `[${extras.map((extra) => extra.replace(/-$/, '_')).join(',')}]`
  text += formatSpecifierSet(specifiers)
  if (url !== undefined) text += ` @ ${url}${marker === undefined ? '' : ' '}`
  return marker === undefined ? text : `${text}; ${formatMarker(marker)}`
}
