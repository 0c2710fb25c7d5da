/**
 * Where the reader is, as the part of the address behind `#`: it holds all state, so that a link to a file on disk
 * opens what its sender saw. `#/library/oslo-service?from=2025.1&to=2026.1`.
 */
export interface Location {
  /** Names of the view and of what it shows, none for the overview. */
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function parseHash(hash: string): Location {
  const text = hash.replace(/^#\/?/, '')
  const mark = text.indexOf('?')
  const path = mark === -1 ? text : text.slice(0, mark)
  const query = mark === -1 ? '' : text.slice(mark + 1)
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      const key = equals === -1 ? pair : pair.slice(0, equals)
      return [decoded(key), equals === -1 ? '' : decoded(pair.slice(equals + 1))] as const
    })
  return {
    path: path === '' ? [] : path.split('/').map(decoded),
    query: Object.fromEntries(pairs.filter(([, value]) => value !== '')),
  }
}

/** One spelling for one place: keys sorted, empty ones left out. */
export function formatHash({ path, query }: Location): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  const tail = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  return `#/${path.map(encodeURIComponent).join('/')}${tail}`
}
