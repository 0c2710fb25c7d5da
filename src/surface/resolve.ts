import type { DistributionFacts, ModuleFacts } from './module-facts.js'
import type { UnknownReason } from './surface.js'

/** What a dotted name is in one version of a distribution. */
export type Entity =
  | { readonly is: 'module'; readonly name: string }
  | { readonly is: 'class' | 'function'; readonly module: string; readonly name: string }
  /** Bound, and nothing is known of what it has. */
  | { readonly is: 'value' }
  /** The name of something in another distribution. */
  | { readonly is: 'elsewhere'; readonly name: string }
  | { readonly is: 'unknown'; readonly reason: UnknownReason }
  | { readonly is: 'gone'; readonly missing: string }

/** An entity, and how much of the name it took: what comes after belongs to a value. */
interface Resolved {
  readonly entity: Entity
  readonly name: string
}

const ofEveryModule = new Set([
  '__name__',
  '__file__',
  '__doc__',
  '__dict__',
  '__spec__',
  '__loader__',
  '__package__',
  '__builtins__',
  '__cached__',
  '__annotations__',
  '__warningregistry__',
])
const ofEveryClass = new Set([
  ...['__name__', '__doc__', '__dict__', '__module__', '__qualname__', '__mro__', '__bases__', '__class__'],
  ...[
    '__init__',
    '__new__',
    '__repr__',
    '__str__',
    '__eq__',
    '__ne__',
    '__hash__',
    '__lt__',
    '__le__',
    '__gt__',
  ],
  ...[
    '__ge__',
    '__setattr__',
    '__getattribute__',
    '__delattr__',
    '__reduce__',
    '__reduce_ex__',
    '__sizeof__',
  ],
  ...['__init_subclass__', '__subclasshook__', '__subclasses__', '__dir__', '__format__', 'mro', '__call__'],
  ...['__annotations__', '__getstate__', '__class_getitem__'],
])

const gone = (missing: string): Entity => ({ is: 'gone', missing })
const unknown = (reason: UnknownReason): Entity => ({ is: 'unknown', reason })

/** Answers what names are in one version of a distribution. A name is `gone` only if nothing that was read could make it. */
export class Resolver {
  readonly #facts: DistributionFacts
  readonly #namespaces: ReadonlySet<string>
  readonly #packages: ReadonlySet<string>
  readonly #sets = new Set<string>()
  readonly #made = new Set<string>()
  readonly #options = new Set<string>()

  constructor(facts: DistributionFacts) {
    this.#facts = facts
    this.#namespaces = new Set(facts.namespaces)
    this.#packages = new Set(facts.packages)
    for (const module of Object.values(facts.modules)) {
      for (const name of module.sets) this.#sets.add(name)
      for (const name of module.options) this.#options.add(name)
      for (const name of module.makesModules) this.#made.add(name)
    }
  }

  /** Whether the import system finds the module. */
  module(name: string): Entity {
    if (this.#exists(name)) return { is: 'module', name }
    let known = ''
    for (const part of name.split('.')) {
      const next = known === '' ? part : `${known}.${part}`
      if (this.#exists(next)) known = next
      else return this.#missingModule(known, next)
    }
    return gone(name)
  }

  /** Follows a dotted name as far as it goes through modules. */
  follow(name: string): Resolved {
    return this.#follow(name, 0)
  }

  /** A member of a class, by the classes it inherits from. */
  member(owner: { readonly module: string; readonly name: string }, member: string): Entity {
    return this.#member(owner, member, `${owner.module}.${owner.name}.${member}`, 0)
  }

  /** Whether a function takes an argument by keyword. */
  keyword(owner: { readonly module: string; readonly name: string }, keyword: string): Entity {
    const names = this.#facts.modules[owner.module]?.functions[owner.name]
    if (names === undefined) return unknown('dynamic')
    return names.includes(keyword) ? { is: 'value' } : gone(`${owner.module}.${owner.name}(${keyword})`)
  }

  /** Whether a module can register an option: any module of its distribution may define it. */
  option(module: string, option: string): Entity {
    const found = this.module(module)
    if (found.is !== 'module' || this.#options.has(option)) return found
    if (this.#options.has('*')) return unknown('dynamic')
    if (Object.values(this.#facts.opaque).includes('unparsed')) return unknown('unparsed')
    return gone(`${module}[${option}]`)
  }

  #exists(name: string): boolean {
    return Object.hasOwn(this.#facts.files, name) || this.#namespaces.has(name)
  }

  #missingModule(parent: string, name: string): Entity {
    if (this.#made.has(name) || this.#made.has(`${parent}.*`)) return unknown('dynamic')
    if (parent !== '' && this.#made.has('*')) return unknown('dynamic')
    for (const made of this.#made) if (made.startsWith(`${name}.`)) return unknown('dynamic')
    return gone(name)
  }

  #follow(name: string, depth: number): Resolved {
    const parts = name.split('.')
    const [top] = parts
    if (!this.#exists(top!)) return { entity: this.#missingModule('', top!), name: top! }
    const byAttributes = this.#walk(parts, 1, depth)
    if (byAttributes.entity.is !== 'gone') return byAttributes
    // `from a.b import c` looks for the module a.b, whatever else `a` binds as `b`; importing it binds `b` anew.
    let inModule = 1
    while (inModule < parts.length && this.#exists(parts.slice(0, inModule + 1).join('.'))) inModule++
    return inModule === 1 ? byAttributes : this.#walk(parts, inModule, depth)
  }

  /** Follows the parts from a place on, those before it being a module. */
  #walk(parts: readonly string[], from: number, depth: number): Resolved {
    let module = parts.slice(0, from).join('.')
    for (let at = from; at < parts.length; at++) {
      const sofar = parts.slice(0, at + 1).join('.')
      const entity = this.#attribute(module, parts[at]!, sofar, depth)
      if (entity.is !== 'module') return { entity, name: sofar }
      module = entity.name
    }
    return { entity: { is: 'module', name: module }, name: parts.join('.') }
  }

  #attribute(module: string, name: string, asked: string, depth: number): Entity {
    if (depth > 40) return unknown('dynamic')
    const facts = this.#facts.modules[module]
    const bound = facts === undefined || !Object.hasOwn(facts.bound, name) ? undefined : facts.bound[name]!
    if (bound !== undefined) return this.#bound(bound, module, name, depth)
    const full = `${module}.${name}`
    if (this.#exists(full)) return { is: 'module', name: full }
    if (this.#sets.has(full)) return { is: 'value' }
    return this.#unbound(facts, module, name, asked, depth)
  }

  #bound(bound: string, module: string, name: string, depth: number): Entity {
    if (bound === 'c') return { is: 'class', module, name }
    if (bound === 'f') return { is: 'function', module, name }
    if (bound === '?') return unknown('dynamic')
    if (!bound.startsWith('=')) return { is: 'value' }
    const target = bound.slice(1)
    if (target === `${module}.${name}`)
      return this.#exists(target) ? { is: 'module', name: target } : unknown('dynamic')
    if (!this.#exists(target.split('.', 1)[0]!)) return { is: 'elsewhere', name: target }
    const { entity, name: reached } = this.#follow(target, depth + 1)
    // an import of a name that is not there fails, or is sheltered in a way that binds something else
    if (entity.is === 'gone' || (entity.is !== 'module' && reached !== target)) return { is: 'value' }
    return entity.is === 'unknown' ? { is: 'value' } : entity
  }

  #unbound(
    facts: ModuleFacts | undefined,
    module: string,
    name: string,
    asked: string,
    depth: number,
  ): Entity {
    if (ofEveryModule.has(name)) return { is: 'value' }
    if (name === '__path__' && (this.#packages.has(module) || this.#namespaces.has(module)))
      return { is: 'value' }
    let doubt: Entity | undefined
    for (const star of facts?.stars ?? []) {
      const found = this.#star(star, name, asked, depth)
      if (found.is === 'unknown') doubt ??= found
      else if (found.is !== 'gone') return found
    }
    if (doubt !== undefined) return doubt
    if (facts?.dynamic === true || this.#setSomewhere(module, name)) return unknown('dynamic')
    const reason = Object.hasOwn(this.#facts.opaque, module) ? this.#facts.opaque[module] : undefined
    if (reason !== undefined) return unknown(reason)
    if (this.#packages.has(module) || this.#namespaces.has(module))
      return this.#missingModule(module, `${module}.${name}`).is === 'unknown'
        ? unknown('dynamic')
        : gone(asked)
    return gone(asked)
  }

  /** Whether something may set the name from elsewhere, in this module or in any. */
  #setSomewhere(module: string, name: string): boolean {
    return [`${module}.*`, `*.${name}`, '*.*'].some((text) => this.#sets.has(text))
  }

  /** What `from STAR import *` gives under a name. */
  #star(star: string, name: string, asked: string, depth: number): Entity {
    if (!this.#exists(star))
      return this.#exists(star.split('.', 1)[0]!) ? gone(asked) : unknown('other-distribution')
    const all = this.#facts.modules[star]?.all
    if (all === undefined && name.startsWith('_')) return gone(asked)
    if (Array.isArray(all) && !all.includes(name)) return gone(asked)
    const found = this.#attribute(star, name, asked, depth + 1)
    // a submodule comes with the star only if something imported it before
    if (found.is === 'module' && !Array.isArray(all)) return { is: 'value' }
    return all === null && found.is !== 'gone' ? unknown('dynamic') : found
  }

  #member(
    { module, name }: { readonly module: string; readonly name: string },
    member: string,
    asked: string,
    depth: number,
  ): Entity {
    const facts = this.#facts.modules[module]?.classes[name]
    if (facts === undefined || depth > 40) return unknown('dynamic')
    if (facts.members.includes(member) || ofEveryClass.has(member)) return { is: 'value' }
    let doubt: Entity | undefined = facts.open === true ? unknown('dynamic') : undefined
    for (const base of facts.bases) {
      const found = this.#baseMember(base, member, asked, depth)
      if (found.is === 'unknown') doubt ??= found
      else if (found.is !== 'gone') return found
    }
    if (this.#sets.has(`${module}.${name}.${member}`) || this.#sets.has(`${module}.${name}.*`))
      doubt ??= unknown('dynamic')
    return doubt ?? gone(asked)
  }

  #baseMember(base: string, member: string, asked: string, depth: number): Entity {
    if (base === 'builtins.object') return gone(asked)
    if (!this.#exists(base.split('.', 1)[0]!)) return unknown('other-distribution')
    const { entity, name } = this.#follow(base, depth + 1)
    return entity.is === 'class' && name === base
      ? this.#member(entity, member, asked, depth + 1)
      : unknown('dynamic')
  }
}
