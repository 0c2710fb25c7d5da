/** How a server wants to be asked again (RFC 9110, 11.6.1). */
interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const longest = 8192
const pieces =
  /\s*(?:,|([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z/:-]+)))?)/gy

/** Reads a WWW-Authenticate field, which may hold several challenges; what is not understood ends the reading. */
export function parseChallenges(field: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [, name, quoted, token] of field.slice(0, longest).matchAll(pieces)) {
    if (name === undefined) continue
    if (quoted === undefined && token === undefined)
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), token ?? quoted!.replace(/\\(.)/g, '$1'))
  }
  return challenges
}
