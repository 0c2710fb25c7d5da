import type { Surface, UsedName } from './surface.js'

/**
 * A user's own facts over the shipped ones. Of a version that both know, its uses are those of either; a name is looked
 * up in the own facts first, as only they know the versions of one's own. Undeclared modules, unread
 * sources and imports are asked of the shipped facts first, which were made with all distributions in view.
 */
export function layeredSurface(own: Surface, shipped: Surface): Surface {
  const usedNames: Surface['usedNames'] = (user, version) => {
    const [fresh, known] = [own.usedNames(user, version), shipped.usedNames(user, version)]
    if (fresh === undefined || known === undefined) return fresh ?? known
    const keyOf = ({ library, kind, name }: UsedName): string => `${library} ${kind} ${name}`
    const keys = new Set(known.map(keyOf))
    return [...known, ...fresh.filter((one) => !keys.has(keyOf(one)))]
  }
  const bindings: Surface['bindings'] = (library, name, kind) => {
    const [fresh, known] = [own.bindings(library, name, kind), shipped.bindings(library, name, kind)]
    return (version) => {
      const found = fresh(version)
      if (found.state !== 'unknown' || (found.reason !== 'no-sources' && found.reason !== 'not-kept'))
        return found
      const below = known(version)
      return below.state === 'unknown' && below.reason === 'no-sources' ? found : below
    }
  }

  return {
    usedNames,
    usersOf: (library) => new Set([...shipped.usersOf(library), ...own.usersOf(library)]),
    bindings,
    undeclared: (user, version) => shipped.undeclared(user, version) ?? own.undeclared(user, version),
    unread: (user, version) => shipped.unread(user, version) ?? own.unread(user, version),
    modules: (name, version) => shipped.modules(name, version) ?? own.modules(name, version),
    importGraph: (name, version) => shipped.importGraph(name, version) ?? own.importGraph(name, version),
  }
}
