/**
 * Reads syntax trees where tree-sitter puts them: in the memory of its WebAssembly. To ask the library for one node is
 * five calls that each copy a cursor in and out, which takes two thirds as long as parsing does. The layout is that of
 * the release that the build puts beside the program, for addresses of 32 bits. All offsets are in bytes.
 * Source: tree-sitter 0.25 to 0.27, `lib/src/subtree.h`, `lib/src/parser.h`, `lib/src/tree_cursor.c`.
 */
export interface TreeMemory {
  readonly bytes: Uint8Array
  readonly halves: Uint16Array
  readonly words: Uint32Array
}

export function viewsOf(buffer: ArrayBuffer): TreeMemory {
  return { bytes: new Uint8Array(buffer), halves: new Uint16Array(buffer), words: new Uint32Array(buffer) }
}

/** What a grammar says of the children of a node, by the rule that made it. */
export interface GrammarTables {
  /** Symbol of a subtree -> the one under which nodes of it are known. */
  readonly known: Uint16Array
  /** Places that a rule has at most. */
  readonly width: number
  /** Rule * width + place -> symbol that the child is shown as; 0 for its own. */
  readonly aliases: Uint16Array
  /** Rule * width + place -> field; 0 for none. */
  readonly fields: Uint16Array
}

/** @param language address of its `TSLanguage` */
export function grammarTables({ bytes, halves, words }: TreeMemory, language: number): GrammarTables {
  const word = (offset: number): number => words[(language + offset) >> 2]!
  const half = (address: number): number => halves[address >> 1]!
  const symbols = word(4) + word(8)
  const rules = word(28)
  const aliasWidth = half(language + 36)
  const [slices, entries, publicSymbols, aliasSequences] = [word(64), word(68), word(76), word(84)]
  const named: { readonly rule: number; readonly place: number; readonly field: number }[] = []
  for (let rule = 0; rule < rules; rule++) {
    const first = half(slices + 4 * rule)
    for (let at = first; at < first + half(slices + 4 * rule + 2); at++) {
      const entry = entries + 4 * at
      // inherited ones are said again by the rule of the hidden node in between
      if (bytes[entry + 3] === 0) named.push({ rule, place: bytes[entry + 2]!, field: half(entry) })
    }
  }
  const width = Math.max(aliasWidth, ...named.map(({ place }) => place + 1))
  const aliases = new Uint16Array(rules * width)
  for (let rule = 1; rule < rules; rule++)
    for (let place = 0; place < aliasWidth; place++)
      aliases[rule * width + place] = half(aliasSequences + 2 * (rule * aliasWidth + place))
  const fields = new Uint16Array(rules * width)
  for (const { rule, place, field } of named) fields[rule * width + place] ||= field
  return { known: halves.slice(publicSymbols >> 1, (publicSymbols >> 1) + symbols), width, aliases, fields }
}

/** Is told of the nodes of a tree as they come in the text. */
export interface TreeVisitor {
  /**
   * @param symbol as `known` has it
   * @param field of the grammar; 0 for none
   * @param start offset into the text, as is `end`
   * @param hasChildren whether there is anything to enter
   * @returns whether to tell of its children; `leave` is called after them
   */
  enter(symbol: number, field: number, start: number, end: number, hasChildren: boolean): boolean
  leave(): void
}

/** Where the walk goes on when it comes back to a node. */
interface Standing {
  readonly parent: number
  readonly index: number
  readonly position: number
  readonly place: number
  readonly fieldOfParent: number
  readonly isHidden: boolean
}

/**
 * Tells of all nodes below the root of a tree, each before those in it. Hidden nodes are entered untold: what is in them
 * is shown in their place. Without recursion, since hostile text is nested without end.
 * @param tree address of its `TSTree`
 */
export function visitTree(
  { bytes, halves, words }: TreeMemory,
  { known, width, aliases, fields }: GrammarTables,
  tree: number,
  visitor: TreeVisitor,
): void {
  const above: Standing[] = []
  let parent = words[tree >> 2]!
  // A small leaf is its eight bytes itself, anything else has its address there.
  if ((parent & 1) !== 0) return
  let [index, position, place, fieldOfParent, isHidden] = [0, words[(parent + 4) >> 2]!, 0, 0, true]
  let count = words[(parent + 36) >> 2]!
  let rule = halves[(parent + 66) >> 1]! * width
  for (;;) {
    if (index === count) {
      if (!isHidden) visitor.leave()
      const back = above.pop()
      if (back === undefined) return
      ;({ parent, index, position, place, fieldOfParent, isHidden } = back)
      count = words[(parent + 36) >> 2]!
      rule = halves[(parent + 66) >> 1]! * width
      continue
    }
    const child = parent - 8 * (count - index)
    const word = words[child >> 2]!
    const isSmall = (word & 1) !== 0
    const sizes = words[(child + 4) >> 2]!
    const flags = isSmall ? word >> 1 : bytes[word + 44]!
    if (index > 0) position += isSmall ? (sizes >> 16) & 255 : words[(word + 4) >> 2]!
    const start = position
    position += isSmall ? sizes >>> 24 : words[(word + 16) >> 2]!
    index++
    // Comments and joined lines may stand anywhere, and have no place in the rule.
    const isExtra = (flags & 4) !== 0
    const isInRule = !isExtra && place < width
    const alias = isInRule ? aliases[rule + place]! : 0
    const field = isExtra ? 0 : (isInRule && fields[rule + place]!) || fieldOfParent
    if (!isExtra) place++
    const isInner = !isSmall && words[(word + 36) >> 2]! > 0
    const hides = alias === 0 && (flags & 1) === 0
    if (hides) {
      if (!isInner) continue
    } else {
      const own = isSmall ? (word >> 8) & 255 : halves[(word + 40) >> 1]!
      const hasChildren = isInner && words[(word + 48) >> 2]! > 0
      // The text is given in UTF-16: two bytes a letter.
      const symbol = known[alias === 0 ? own : alias]!
      if (!visitor.enter(symbol, field, start >> 1, position >> 1, hasChildren) || !hasChildren) continue
    }
    above.push({ parent, index, position, place, fieldOfParent, isHidden })
    parent = word
    index = 0
    position = start
    place = 0
    fieldOfParent = hides ? field : 0
    isHidden = hides
    count = words[(parent + 36) >> 2]!
    rule = halves[(parent + 66) >> 1]! * width
  }
}
