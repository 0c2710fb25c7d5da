import { isDottedName, literalArgument, literalOf, optionName } from './call-arguments.js'
import { guardOf } from './guards.js'
import { noteImport } from './imports.js'
import { catching, dottedName, type Place } from './place.js'
import type { Recorder } from './recorder.js'
import { lookUp, type SourceModule, textOf } from './scope.js'
import { childOf, type Node } from './syntax.js'

/** Modules that make modules of their own when they run. */
const importers = new Set([
  'importlib.import_module',
  '__import__',
  'oslo_utils.importutils.import_module',
  'oslo_utils.importutils.try_import',
])

/** What a call itself says: what it imports, defines or sets, and the arguments it gives by name. Its parts are not read. */
export function readCall(module: SourceModule, found: Recorder, node: Node, place: Place): void {
  const callee = childOf(node, 'function')
  const list = childOf(node, 'arguments')?.children ?? []
  const dotted = dottedName(module, callee, place.scope)
  const plain = callee?.type === 'identifier' ? textOf(module, callee) : ''
  if (plain !== '' && lookUp(place.scope, plain) === undefined) {
    const inModule = place.scope.kind === 'module'
    const target = dottedName(module, list[0], place.scope)
    found.builtinCall(plain, inModule && list.length === 0, target, list, place.self)
  }
  const method = callee?.type === 'attribute' ? textOf(module, childOf(callee, 'attribute')!) : plain
  if (method === 'import_opt' || method === 'import_group')
    readImportOption(module, found, method, list, place)
  else if (/^(?:[A-Z]\w*)?Opt$/.test(method)) found.defines(optionName(module, list))
  if (dotted === undefined) return
  const literal = literalOf(module, list[0])
  if (importers.has(dotted) && literal !== undefined && isDottedName(literal)) {
    const inside = dotted.endsWith('try_import') ? catching(place, ['import-error']) : place
    noteImport(found, literal, 'module', list[0]!, inside)
  }
  found.methodOfModules(dotted)
  const guard = guardOf(place.shelter, 'keyword') ?? found.guardOfImport(dotted)
  for (const argument of list)
    if (argument.type === 'keyword_argument') {
      const name = `${dotted}(${textOf(module, childOf(argument, 'name')!)})`
      found.use({ name, kind: 'keyword', at: argument, moment: place.moment, guard, certain: true })
    }
}

/** `CONF.import_opt('option', 'a.b')`: imports `a.b`, and fails if that defines no such option. Source: oslo.config. */
function readImportOption(
  module: SourceModule,
  found: Recorder,
  method: string,
  list: readonly Node[],
  place: Place,
): void {
  const from = literalArgument(module, list, 1, 'module_str')
  if (from === undefined || !isDottedName(from)) return
  noteImport(found, from, 'module', list[0]!, place)
  const option = literalArgument(module, list, 0, 'name')
  if (method !== 'import_opt' || option === undefined) return
  const name = `${from}[${option.replaceAll('-', '_')}]`
  const guard = guardOf(place.shelter, 'option')
  found.use({ name, kind: 'option', at: list[0]!, moment: place.moment, guard, certain: true })
}
