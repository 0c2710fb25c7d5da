import { visible } from '#errors.js'
import { failure } from './failure.js'
import { normalizeExtra } from './name.js'
import { type PythonString, readPythonString } from './python-string.js'
import { isWordAt } from './python-text.js'

/** What a marker may ask about (PEP 508; `extras` and `dependency_groups` are PEP 751's). */
export type MarkerVariable =
  | 'python_version'
  | 'python_full_version'
  | 'os_name'
  | 'sys_platform'
  | 'platform_release'
  | 'platform_system'
  | 'platform_version'
  | 'platform_machine'
  | 'platform_python_implementation'
  | 'implementation_name'
  | 'implementation_version'
  | 'extra'
  | 'extras'
  | 'dependency_groups'

export type MarkerOperator = '===' | '==' | '~=' | '!=' | '<=' | '>=' | '<' | '>' | 'in' | 'not in'

export type MarkerOperand = { readonly variable: MarkerVariable } | { readonly value: string }

export interface MarkerComparison {
  readonly left: MarkerOperand
  readonly operator: MarkerOperator
  readonly right: MarkerOperand
}

/** True if all terms of at least one alternative are; a term that is a marker stood in parentheses. */
export interface Marker {
  readonly alternatives: readonly (readonly MarkerTerm[])[]
}

export type MarkerTerm = MarkerComparison | Marker

/** Parentheses may be nested this deep: no marker that a person or a tool wrote comes near. */
const maxDepth = 100

const variables =
  /python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)|platform[._](?:version|machine|python_implementation)|python_implementation|implementation_(?:name|version)|extras?|dependency_groups/y
const comparisons = /===|==|~=|!=|<=|>=|<|>/y

/** Throws E-REQ-MARKER. */
export function parseMarker(text: string): Marker {
  const { marker, end } = readMarker(text, 0)
  if (end < text.length) throw unexpected(text, end, "'and', 'or' or the end")
  return marker
}

/** Reads a marker that starts at `start`, and blanks behind it. Throws E-REQ-MARKER. */
export function readMarker(text: string, start: number): { marker: Marker; end: number } {
  // One frame per open parenthesis: the depth of the input never becomes the depth of the call stack.
  const open: { alternatives: MarkerTerm[][]; at: number }[] = []
  let alternatives: MarkerTerm[][] = [[]]
  let at = start
  for (;;) {
    at = skipBlanks(text, at)
    if (text[at] === '(') {
      if (open.length === maxDepth)
        throw failure('E-REQ-MARKER', `parentheses are nested more than ${maxDepth} deep`, text, at)
      open.push({ alternatives, at })
      alternatives = [[]]
      at++
      continue
    }
    const comparison = readComparison(text, at)
    alternatives.at(-1)!.push(comparison.comparison)
    at = skipBlanks(text, comparison.end)
    while (open.length > 0 && text[at] === ')') {
      const closed: Marker = { alternatives }
      alternatives = open.pop()!.alternatives
      alternatives.at(-1)!.push(closed)
      at = skipBlanks(text, at + 1)
    }
    const word = wordAt(text, at, 'and') ?? wordAt(text, at, 'or')
    if (word === undefined) break
    at += word.length
    if (word === 'or') alternatives.push([])
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) throw unexpected(text, at, `')' for the '(' at column ${unclosed.at + 1}`)
  return { marker: { alternatives }, end: at }
}

function readComparison(text: string, start: number): { comparison: MarkerComparison; end: number } {
  const left = readOperand(text, start)
  const operator = readOperator(text, skipBlanks(text, left.end))
  const right = readOperand(text, skipBlanks(text, operator.end))
  return { comparison: normalized(left.operand, operator.operator, right.operand), end: right.end }
}

/** PEP 685: names of extras and groups are compared in one spelling. */
function normalized(left: MarkerOperand, operator: MarkerOperator, right: MarkerOperand): MarkerComparison {
  if ('variable' in left && left.variable === 'extra' && 'value' in right)
    return { left, operator, right: { value: normalizeExtra(right.value) } }
  if ('value' in left && 'variable' in right && /^(?:extras?|dependency_groups)$/.test(right.variable))
    return { left: { value: normalizeExtra(left.value) }, operator, right }
  return { left, operator, right }
}

function readOperand(text: string, at: number): { operand: MarkerOperand; end: number } {
  variables.lastIndex = at
  const name = variables.exec(text)?.[0]
  if (name !== undefined && !isWordAt(text, at + name.length)) {
    const plain = name.replace('.', '_')
    const variable = plain === 'python_implementation' ? 'platform_python_implementation' : plain
    return { operand: { variable: variable as MarkerVariable }, end: at + name.length }
  }
  const quote = text[at]
  if (quote !== '"' && quote !== "'") throw unexpected(text, at, 'a marker variable or a quoted string')
  const string: PythonString = readPythonString(text, at)
  if ('problem' in string) throw failure('E-REQ-MARKER', string.problem, text, string.offset)
  return { operand: { value: string.value }, end: string.end }
}

function readOperator(text: string, at: number): { operator: MarkerOperator; end: number } {
  if (wordAt(text, at, 'in')) return { operator: 'in', end: at + 2 }
  if (wordAt(text, at, 'not')) {
    const inAt = skipBlanks(text, at + 3)
    if (!wordAt(text, inAt, 'in')) throw unexpected(text, inAt, "'in' after 'not'")
    return { operator: 'not in', end: inAt + 2 }
  }
  comparisons.lastIndex = at
  const operator = comparisons.exec(text)?.[0]
  if (operator === undefined) throw unexpected(text, at, 'one of <= < != == >= > ~= === in, not in')
  return { operator: operator as MarkerOperator, end: at + operator.length }
}

function wordAt<Word extends string>(text: string, at: number, word: Word): Word | undefined {
  return text.startsWith(word, at) && !isWordAt(text, at + word.length) ? word : undefined
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}

function unexpected(text: string, at: number, expected: string): Error {
  const found = at < text.length ? `'${visible(text.slice(at), 40)}'` : 'the end'
  return failure('E-REQ-MARKER', `the marker needs ${expected}, and has ${found}`, text, at)
}
