import type { DistributionName } from '#pep/name.js'
import { normalizeName } from '#pep/name.js'
import { graphOf as numberedGraph } from '#surface/import-graph.js'
import type {
  ImportGraph,
  Surface,
  UndeclaredModule,
  UnreadSource,
  UsedName,
  UsePlace,
} from '#surface/surface.js'

type Use = Partial<Omit<UsedName, 'places' | 'library'>> & {
  readonly library: string
  readonly name: string
  /** `cinder/api.py:21`; with `call`, a guard, or how often. */
  readonly places: readonly (string | (Partial<UsePlace> & { readonly at: string }))[]
}

export interface SmallSurface {
  /** By `name version`: what its code uses. */
  readonly uses?: Readonly<Record<string, readonly Use[]>>
  /** By `name version`: the modules and names that are there; what is not listed is gone, `?a.b` cannot be read. */
  readonly names?: Readonly<Record<string, readonly string[]>>
  /** By `name version`: module -> the modules that it imports. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly undeclared?: Readonly<Record<string, readonly UndeclaredModule[]>>
  readonly unread?: Readonly<Record<string, readonly UnreadSource[]>>
}

function placeOf(place: Use['places'][number]): UsePlace {
  const { at, ...rest } = typeof place === 'string' ? { at: place } : place
  const [file = '', line = '1'] = at.split(':')
  return { file, line: Number(line), moment: 'import', count: 1, ...rest }
}

function usedName({ library, places, ...rest }: Use): UsedName {
  return {
    kind: 'name',
    confidence: 'certain',
    ...rest,
    library: normalizeName(library),
    places: places.map(placeOf),
  }
}

function graphOf(imports: Readonly<Record<string, readonly string[]>>): ImportGraph {
  const names = Object.keys(imports).sort()
  const numbers = new Map(names.map((name, number) => [name, number]))
  return numberedGraph({
    count: names.length,
    nameOf: (number) => names[number]!,
    numberOf: (name) => numbers.get(name),
    isOwn: () => true,
    eachImport(number, visit) {
      for (const imported of imports[names[number]!]!) {
        const target = numbers.get(imported)
        if (target !== undefined) visit(target)
      }
    },
  })
}

/** Names as a test writes them down. */
export function smallSurface({
  uses = {},
  names = {},
  imports = {},
  undeclared = {},
  unread = {},
}: SmallSurface): Surface {
  const key = (name: DistributionName, version: string) => `${name} ${version}`
  return {
    usedNames: (user, version) => uses[key(user, version)]?.map(usedName),
    usersOf: (library) =>
      new Set(
        Object.entries(uses).flatMap(([user, list]) =>
          list.some((use) => use.library === library) ? [normalizeName(user.split(' ')[0]!)] : [],
        ),
      ),
    bindings: (library, name) => (version) => {
      const there = names[key(library, version)]
      if (there === undefined) return { state: 'unknown', reason: 'no-sources' }
      if (there.includes(name)) return { state: 'bound' }
      if (there.includes(`?${name}`)) return { state: 'unknown', reason: 'unparsed' }
      const parts = name.split('.')
      const gone = parts.findIndex(
        (_, index) => !there.some((one) => `${one}.`.startsWith(`${parts.slice(0, index + 1).join('.')}.`)),
      )
      return { state: 'gone', missing: parts.slice(0, gone + 1).join('.') }
    },
    undeclared: (user, version) => undeclared[key(user, version)] ?? [],
    unread: (user, version) => unread[key(user, version)] ?? [],
    modules: () => undefined,
    importGraph(distribution, version) {
      const found = imports[key(distribution, version)]
      return found && graphOf(found)
    },
  }
}
