/**
 * A document as JSON that may be printed anywhere: what JSON itself leaves as it is and a terminal, an editor or
 * the log of a CI system would act on stands as `\uXXXX`. Parsed, it is the same document.
 */
export function jsonText(document: object, indent?: number): string {
  const text = JSON.stringify(document, undefined, indent)
  return `${text.replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]|#(?=#)/gu, unitsOf)}\n`
}

function unitsOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
