import type { DistributionName } from '#pep/name.js'
import type { DistributionFacts } from './module-facts.js'
import { type Entity, Resolver } from './resolve.js'
import type { UnknownReason, UseKind } from './surface.js'

/** What a version says of a name: bound (absent from the maps), gone, or not known. */
export interface NameStates {
  readonly name: string
  readonly kind: UseKind
  /** Versions that lack it. */
  readonly gone: readonly string[]
  readonly unknown: ReadonlyMap<string, UnknownReason>
}

/** The names of one library that anybody uses. */
export interface LibraryNames {
  /** Versions whose sources were read, oldest first. */
  readonly versions: readonly string[]
  /** By `kind name`. */
  readonly names: ReadonlyMap<string, NameStates>
  /** A use as written, `kind name` -> the names of this library that it needs: `a.b.c.d` may need `a.b` and no more. */
  readonly needs: ReadonlyMap<string, readonly string[]>
}

interface Asked {
  readonly name: string
  readonly kind: UseKind
}

export async function askLibrary(
  library: DistributionName,
  versions: readonly string[],
  asked: readonly Asked[],
  read: (name: DistributionName, version: string) => Promise<DistributionFacts | undefined>,
): Promise<LibraryNames> {
  const answers = asked.map(() => ({
    length: 0,
    states: new Map<string, Entity>(),
    members: new Map<string, Entity>(),
  }))
  const known: string[] = []
  for (const version of versions) {
    const facts = await read(library, version)
    if (facts === undefined) continue
    known.push(version)
    const resolver = new Resolver(facts)
    for (const [index, use] of asked.entries()) ask(resolver, use, version, answers[index]!)
  }
  const names = new Map<string, NameStates>()
  const needs = new Map<string, readonly string[]>()
  for (const [index, use] of asked.entries()) {
    const { length, states, members } = answers[index]!
    const needed: string[] = []
    const keep = (name: string, kind: UseKind, found: ReadonlyMap<string, Entity>): void => {
      const key = `${kind} ${name}`
      needed.push(key)
      if (!names.has(key)) names.set(key, statesOf(name, kind, found))
    }
    const parts = use.name.split('.')
    // of a library that is not read nothing is reached, and the name stays as it is written
    const whole = use.kind !== 'attribute' || length >= parts.length || length === 0
    if (use.kind !== 'keyword') keep(whole ? use.name : parts.slice(0, length).join('.'), use.kind, states)
    else if (states.size > 0) keep(use.name, use.kind, states)
    if (members.size > 0 && !whole) keep(parts.slice(0, length + 1).join('.'), 'member', members)
    needs.set(`${use.kind} ${use.name}`, needed)
  }
  return { versions: known, names, needs }
}

interface Answers {
  /** Most parts of the name that any version reached. */
  length: number
  readonly states: Map<string, Entity>
  readonly members: Map<string, Entity>
}

function ask(resolver: Resolver, { name, kind }: Asked, version: string, answers: Answers): void {
  if (kind === 'module') {
    answers.states.set(version, resolver.module(name))
    return
  }
  if (kind === 'option') {
    const [module = '', option = ''] = name.slice(0, -1).split('[')
    answers.states.set(version, resolver.option(module, option))
    return
  }
  if (kind === 'keyword') {
    const [callee = '', keyword = ''] = name.slice(0, -1).split('(')
    const { entity, name: reached } = resolver.follow(callee)
    if (entity.is === 'function' && reached === callee)
      answers.states.set(version, resolver.keyword(entity, keyword))
    return
  }
  if (kind === 'member') {
    const dot = name.lastIndexOf('.')
    const { entity, name: reached } = resolver.follow(name.slice(0, dot))
    const isClass = entity.is === 'class' && reached.length === dot
    answers.states.set(
      version,
      isClass ? resolver.member(entity, name.slice(dot + 1)) : { is: 'unknown', reason: 'dynamic' },
    )
    return
  }
  const { entity, name: reached } = resolver.follow(name)
  answers.states.set(version, entity)
  const length = reached.split('.').length
  if (length > answers.length) answers.length = length
  const rest = name.slice(reached.length + 1)
  if (entity.is === 'class' && rest !== '') {
    const [member = ''] = rest.split('.', 1)
    answers.members.set(version, resolver.member(entity, member))
  }
}

function statesOf(name: string, kind: UseKind, found: ReadonlyMap<string, Entity>): NameStates {
  const gone: string[] = []
  const unknown = new Map<string, UnknownReason>()
  for (const [version, entity] of found) {
    if (entity.is === 'gone') gone.push(version)
    else if (entity.is === 'unknown') unknown.set(version, entity.reason)
  }
  return { name, kind, gone, unknown }
}
