import { guardOf } from './guards.js'
import type { Place } from './place.js'
import type { Recorder } from './recorder.js'
import { importedFrom, importedNames, type SourceModule } from './scope.js'
import type { UseKind } from './surface.js'
import { childOf, type Node } from './syntax.js'

/** Notes that a module, or a name of one, is imported at a place. */
export function noteImport(found: Recorder, name: string, kind: UseKind, at: Node, place: Place): void {
  const guard = guardOf(place.shelter, kind)
  found.use({ name, kind, at, moment: place.moment, guard, certain: true })
  if (place.moment === 'import' && guard === undefined) found.imports(kind === 'name' ? `?${name}` : name)
  else if (kind === 'module') found.importsLater(name)
  if (guard !== undefined) found.guarded(name, guard)
}

/** `import a.b, c` */
export function readImport(module: SourceModule, found: Recorder, node: Node, place: Place): void {
  for (const { name, node: at } of importedNames(module, node)) noteImport(found, name, 'module', at, place)
}

/** `from .a import b, c` */
export function readImportFrom(module: SourceModule, found: Recorder, node: Node, place: Place): void {
  const from = importedFrom(module, node)
  if (from === undefined) return
  noteImport(found, from, 'module', childOf(node, 'module_name')!, place)
  for (const { name, node: at } of importedNames(module, node))
    noteImport(found, `${from}.${name}`, 'name', at, place)
}
