import type { Marker, MarkerComparison, MarkerOperand, MarkerTerm } from './marker.js'

/** The marker as packaging prints it; strings that would not read back as they are get escapes. */
export function formatMarker(marker: Marker): string {
  const only = soleTerm(marker)
  if (only !== undefined) return isMarker(only) ? formatMarker(only) : formatComparison(only)
  return formatAlternatives(marker)
}

function formatAlternatives(marker: Marker): string {
  return marker.alternatives.map((terms) => terms.map(formatTerm).join(' and ')).join(' or ')
}

function formatTerm(term: MarkerTerm): string {
  if (!isMarker(term)) return formatComparison(term)
  const only = soleTerm(term)
  return only === undefined ? `(${formatAlternatives(term)})` : formatTerm(only)
}

function formatComparison({ left, operator, right }: MarkerComparison): string {
  return `${formatOperand(left)} ${operator} ${formatOperand(right)}`
}

function formatOperand(operand: MarkerOperand): string {
  if ('variable' in operand) return operand.variable
  const { value } = operand
  const hasBoth = value.includes('"') && value.includes("'")
  const quote = value.includes('"') && !hasBoth ? "'" : '"'
  const unsafe = hasBoth ? /[\\\0\r\n"]/g : /[\\\0\r\n]/g
  const inner = value.replace(unsafe, (character) =>
    character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return quote + inner + quote
}

function soleTerm({ alternatives }: Marker): MarkerTerm | undefined {
  return alternatives.length === 1 && alternatives[0]!.length === 1 ? alternatives[0]![0] : undefined
}

function isMarker(term: MarkerTerm): term is Marker {
  return 'alternatives' in term
}
