import { createRequire } from 'node:module'

/** A licence expression in its one spelling. */
export interface LicenceExpression {
  readonly text: string
  /** The `LicenseRef-*` in it, which a document has to explain, sorted. */
  readonly references: readonly string[]
}

interface KnownIds {
  readonly licences: ReadonlyMap<string, string>
  readonly exceptions: ReadonlyMap<string, string>
}

/** Nothing real comes near. */
const longest = 1000

let known: KnownIds | undefined

/** SPDX's own lists by their lower-case spelling, read when the first licence is looked at. */
function knownIds(): KnownIds {
  if (known !== undefined) return known
  const byLowerCase = (...lists: readonly (readonly string[])[]): ReadonlyMap<string, string> =>
    new Map(lists.flatMap((list) => list.map((id) => [id.toLowerCase(), id] as const)))
  known = {
    licences: byLowerCase(
      createRequire(import.meta.url)('spdx-license-ids'),
      createRequire(import.meta.url)('spdx-license-ids/deprecated.json'),
    ),
    exceptions: byLowerCase(
      createRequire(import.meta.url)('spdx-exceptions'),
      createRequire(import.meta.url)('spdx-exceptions/deprecated.json'),
    ),
  }
  return known
}

/**
 * Reads a licence expression (SPDX 2.3 annex D) in any case, as PEP 639 wants it to be read, and spells it as the
 * lists do. Undefined for what is none, also for an id that is on no list.
 */
export function parseLicenceExpression(text: string): LicenceExpression | undefined {
  if (text.length > longest) return undefined
  const tokens = text.match(/[()]|[^()\s]+/g) ?? []
  const written: string[] = []
  const references = new Set<string>()
  let depth = 0
  let expects: 'licence' | 'exception' | 'operator' = 'licence'
  let mayExcept = false
  for (const token of tokens) {
    const word = token.toUpperCase()
    if (expects === 'licence') {
      if (token === '(') depth += 1
      else {
        const id = licenceId(token)
        if (id === undefined) return undefined
        if (id.startsWith('LicenseRef-')) references.add(id)
        written.push(id)
        expects = 'operator'
        mayExcept = true
        continue
      }
    } else if (expects === 'exception') {
      const id = knownIds().exceptions.get(token.toLowerCase())
      if (id === undefined) return undefined
      written.push(id)
      expects = 'operator'
      continue
    } else if (token === ')') {
      depth -= 1
      if (depth < 0) return undefined
    } else if (word === 'WITH' && mayExcept) expects = 'exception'
    else if (word === 'AND' || word === 'OR') expects = 'licence'
    else return undefined
    mayExcept = false
    written.push(word)
  }
  if (depth !== 0 || expects !== 'operator') return undefined
  const spelled = written.join(' ').replaceAll('( ', '(').replaceAll(' )', ')')
  return { text: spelled, references: [...references].sort() }
}

function licenceId(token: string): string | undefined {
  const { licences } = knownIds()
  const exact = licences.get(token.toLowerCase())
  if (exact !== undefined) return exact
  if (token.endsWith('+')) {
    const id = licences.get(token.slice(0, -1).toLowerCase())
    return id === undefined ? undefined : `${id}+`
  }
  const reference = /^licenseref-([a-z0-9.-]+)$/i.exec(token)?.[1]
  return reference === undefined ? undefined : `LicenseRef-${reference}`
}
