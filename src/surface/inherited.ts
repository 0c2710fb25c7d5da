import type { ClassFacts, DistributionFacts } from './module-facts.js'
import { Resolver } from './resolve.js'

/** A member that a class uses of itself and that only a class of another distribution can give it. */
interface InheritedUse {
  /** `a.b.Base.member` */
  readonly name: string
  readonly file: string
  readonly line: number
}

interface Lineage {
  /** Classes of the distribution, the class itself first. */
  readonly own: readonly { readonly id: string; readonly facts: ClassFacts }[]
  /** The one base in another distribution. */
  readonly outside: string
}

/**
 * Finds what classes expect of bases in other distributions: `self.x` or `super().x` where neither the class nor any
 * ancestor or descendant of it in the distribution has an `x`. Classes with several bases outside are left out, as are
 * those with a base that is an expression: there it cannot be told who is to have it.
 */
export function inheritedUses(facts: DistributionFacts): readonly InheritedUse[] {
  const resolver = new Resolver(facts)
  const classes = Object.entries(facts.modules).flatMap(([module, { classes }]) =>
    Object.entries(classes).map(([name, found]) => ({ id: `${module}.${name}`, module, facts: found })),
  )
  const lineages = new Map<string, Lineage>()
  const below = new Map<string, Set<string>>()
  for (const { id, facts: found } of classes) {
    const lineage = lineageOf(id, found, facts, resolver)
    if (lineage === undefined) continue
    lineages.set(id, lineage)
    for (const { id: ancestor } of lineage.own) {
      const members = below.get(ancestor) ?? new Set()
      below.set(ancestor, members)
      for (const member of found.members) members.add(member)
    }
  }
  return classes.flatMap(({ id, module, facts: found }) => {
    const lineage = lineages.get(id)
    if (lineage === undefined || lineage.own.some((one) => one.facts.open === true)) return []
    const has = new Set([...below.get(id)!, ...lineage.own.flatMap((one) => one.facts.members)])
    const above = new Set(lineage.own.slice(1).flatMap((one) => one.facts.members))
    const file = facts.files[module]!
    return found.uses.flatMap(([member, line, viaSuper]) =>
      member.startsWith('__') || (viaSuper === 1 ? above : has).has(member)
        ? []
        : [{ name: `${lineage.outside}.${member}`, file, line }],
    )
  })
}

function lineageOf(
  id: string,
  start: ClassFacts,
  facts: DistributionFacts,
  resolver: Resolver,
): Lineage | undefined {
  const own = [{ id, facts: start }]
  const outside = new Set<string>()
  for (const { facts: found } of own) {
    for (const base of found.bases) {
      if (base === 'builtins.object') continue
      if (base === '?' || base.startsWith('builtins.') || own.length > 60) return undefined
      const { entity, name } = resolver.follow(base)
      if (entity.is === 'class' && name === base) {
        const known = facts.modules[entity.module]?.classes[entity.name]
        if (known === undefined) return undefined
        const ancestor = `${entity.module}.${entity.name}`
        if (!own.some((one) => one.id === ancestor)) own.push({ id: ancestor, facts: known })
      } else if (entity.is === 'elsewhere' && name === base) outside.add(entity.name)
      else if (entity.is === 'gone' && !Object.hasOwn(facts.files, base.split('.', 1)[0]!)) outside.add(base)
      else return undefined
    }
  }
  const [only] = outside
  return outside.size === 1 ? { own, outside: only! } : undefined
}
