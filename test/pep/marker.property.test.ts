import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Marker, MarkerOperator, MarkerTerm, MarkerVariable } from '#pep/marker.js'
import { parseMarker } from '#pep/marker.js'
import { evaluateMarker, markerEnvironment } from '#pep/marker-evaluate.js'
import { formatMarker } from '#pep/marker-format.js'
import { normalizeExtra } from '#pep/name.js'
import { outcome } from './answers.js'

const variable = fc.constantFrom<MarkerVariable>(
  'python_version',
  'os_name',
  'sys_platform',
  'platform_machine',
  'extra',
)
const operator = fc.constantFrom<MarkerOperator>('==', '!=', '<', '<=', '>', '>=', 'in', 'not in')
const text = fc.oneof(
  fc.constantFrom('3.11', '3.8', 'linux', 'posix', 'x', ''),
  fc.string({ unit: fc.constantFrom('a', '"', "'", '\\', '\n', '\r', '\0', 'n', 'x', '0', '\u00e9') }),
)

const { marker } = fc.letrec<{ marker: Marker; term: MarkerTerm }>((tie) => ({
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      left: variable.map((name) => ({ variable: name })),
      operator,
      right: text.map((value) => ({ value })),
    }),
    tie('marker'),
  ),
  marker: fc
    .array(fc.array(tie('term'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => ({ alternatives })),
}))

const linux = markerEnvironment('3.11', 'linux/amd64')

describe('a marker', () => {
  it('keeps its meaning and its spelling when it is printed and read', () => {
    fc.assert(
      fc.property(marker, (built) => {
        const read = parseMarker(formatMarker(built))
        expect(comparisons(read)).toEqual(comparisons(built))
        const printed = formatMarker(read)
        expect(formatMarker(parseMarker(printed))).toBe(printed)
        const evaluate = (one: Marker) => outcome(() => evaluateMarker(one, linux, new Set(['x'])))
        expect(evaluate(parseMarker(printed))).toEqual(evaluate(read))
      }),
    )
  })

  it('is read, or refused with its code, whatever the text', () => {
    const words = fc.constantFrom(
      'os_name',
      '==',
      '"x"',
      "'",
      'and',
      'or',
      'not',
      'in',
      '(',
      ')',
      ' ',
      'extra',
      '\\',
      '>',
      '3',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (pieces) => {
        const result = outcome(() => parseMarker(pieces.join('')))
        expect('alternatives' in result || result.code === 'E-REQ-MARKER').toBe(true)
      }),
    )
  })
})

/** All comparisons from left to right, with extras as reading normalises them. */
function comparisons(term: MarkerTerm): unknown[] {
  if ('alternatives' in term) return term.alternatives.flat().flatMap(comparisons)
  const isExtra = 'variable' in term.left && term.left.variable === 'extra' && 'value' in term.right
  return [
    isExtra ? { ...term, right: { value: normalizeExtra((term.right as { value: string }).value) } } : term,
  ]
}
