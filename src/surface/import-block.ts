import { type Block, formError } from './blocks.js'
import { graphOf } from './import-graph.js'
import type { ImportGraph } from './surface.js'

interface Edges {
  readonly positions: Uint8Array
  readonly targets: readonly number[]
}

/** What importing a module imports: the packages that it is in, and by version what its code does. */
interface Imported {
  readonly parents: readonly number[]
  readonly edges: readonly Edges[]
}

/** Who imports whom in one distribution. */
interface ImportBlock {
  graphAt(position: number): ImportGraph
  /** Parses what is otherwise parsed when it is asked for. @throws E-CAT-FORM */
  parseAll(): void
}

/**
 * Processes import a small part of the modules: of the others only the place is found, where their line begins.
 * A module is a number, the place of its line among those of all modules.
 */
export function parseImportBlock(block: Block): ImportBlock {
  const modules = new ModuleLines(block)
  const imported: (Imported | undefined)[] = []
  return {
    graphAt: (position) =>
      graphOf({
        count: modules.count,
        nameOf: (number) => modules.nameOf(number),
        numberOf: (name) => modules.numberOf(name),
        isOwn: (number) => modules.positionsOf(number)?.[position] === 1,
        eachImport(number, visit) {
          const found = imported[number] ?? modules.importedBy(number)
          imported[number] = found
          const { parents, edges } = found
          parents.forEach(visit)
          for (let at = 0; at < edges.length; at++) {
            const { positions, targets } = edges[at]!
            if (positions[position] === 1) targets.forEach(visit)
          }
        },
      }),
    parseAll: () => modules.parseAll(),
  }
}

class ModuleLines {
  readonly #block: Block
  /** Where the line of each module begins, and at last the end of the text. */
  readonly #starts: number[] = []
  /** Modules of the distribution itself, which come first, by name. */
  readonly #ownCount: number
  readonly #positions: (Uint8Array | undefined)[] = []

  constructor(block: Block) {
    this.#block = block
    const { text } = block
    let own = 0
    for (let at = 0; at < text.length; at = text.indexOf('\n', at) + 1) {
      if (text.charCodeAt(at + 1) === blank) {
        if (this.#starts.length === 0) throw this.#refusal(at)
        continue
      }
      if (!text.startsWith(' + ', at)) own = this.#starts.length + 1
      this.#starts.push(at)
    }
    this.#ownCount = own
    this.#starts.push(text.length)
  }

  get count(): number {
    return this.#starts.length - 1
  }

  nameOf(number: number): string {
    const { text } = this.#block
    const start = this.#starts[number]!
    if (number >= this.#ownCount) return text.slice(start + 3, text.indexOf('\n', start))
    return text.slice(start + 1, text.indexOf(' ', start + 1))
  }

  /** Of a module of its own; undefined for others, and for a name that is none. */
  numberOf(name: string): number | undefined {
    let low = 0
    let high = this.#ownCount
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.nameOf(middle) < name) low = middle + 1
      else high = middle
    }
    return low < this.#ownCount && this.nameOf(low) === name ? low : undefined
  }

  /** Of the versions that have the module; undefined for a module of another distribution. */
  positionsOf(number: number): Uint8Array | undefined {
    if (number >= this.#ownCount) return undefined
    const known = this.#positions[number]
    if (known !== undefined) return known
    const { text } = this.#block
    const start = this.#starts[number]!
    const end = text.indexOf('\n', start)
    const positions = this.#block.positionsIn(text.slice(text.indexOf(' ', start + 1) + 1, end))
    if (positions === undefined) throw this.#refusal(start)
    this.#positions[number] = positions
    return positions
  }

  importedBy(number: number): Imported {
    const own = this.positionsOf(number)
    const edges: Edges[] = []
    const { text } = this.#block
    const end = this.#starts[number + 1]!
    for (let at = text.indexOf('\n', this.#starts[number]) + 1; at < end; ) {
      const lineEnd = text.indexOf('\n', at)
      const line = text.slice(at + 2, lineEnd)
      const colon = line.indexOf(': ')
      const positions = colon < 0 ? own : this.#block.positionsIn(line.slice(0, colon))
      const targets = numbersIn(line, colon < 0 ? 0 : colon + 2)
      if (positions === undefined || targets === undefined || targets.some((target) => target >= this.count))
        throw this.#refusal(at)
      edges.push({ positions, targets })
      at = lineEnd + 1
    }
    return { parents: this.#parentsOf(this.nameOf(number)), edges }
  }

  /** Importing `a.b.c` imports `a` and `a.b` before. */
  #parentsOf(module: string): readonly number[] {
    const parents: number[] = []
    for (let dot = module.indexOf('.'); dot > 0; dot = module.indexOf('.', dot + 1)) {
      const parent = this.numberOf(module.slice(0, dot))
      if (parent !== undefined) parents.push(parent)
    }
    return parents
  }

  parseAll(): void {
    for (let number = 0; number < this.count; number++) {
      const isOwn = number < this.#ownCount
      // Modules are looked for by halving.
      const isInOrder = number === 0 || !isOwn || this.nameOf(number - 1) < this.nameOf(number)
      if (!isInOrder || this.#block.text.startsWith(' + ', this.#starts[number]) === isOwn)
        throw this.#refusal(this.#starts[number]!)
      this.importedBy(number)
    }
  }

  #refusal(at: number): Error {
    const { path, line, text } = this.#block
    const before = text.slice(0, at).split('\n').length
    return formError(path, line + before, 'a line that is not of an import')
  }
}

const blank = 32

/** Numbers with a space between them; there are a quarter of a million in the shipped file. */
function numbersIn(text: string, from: number): readonly number[] | undefined {
  const numbers: number[] = []
  let number = -1
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) number = Math.max(number, 0) * 10 + code - 48
    else if (code === blank && number >= 0) {
      numbers.push(number)
      number = -1
    } else return undefined
  }
  if (number < 0) return undefined
  numbers.push(number)
  return numbers
}
