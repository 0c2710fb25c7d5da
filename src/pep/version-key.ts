import { isNumber, type PreLabel, type VersionParts } from './version-scan.js'

// The order of PEP 440 as an order of strings. A key is the epoch, the release without trailing zeros, a blank,
// and then one letter and perhaps a number each for pre, post and dev, and the local segments. Every number is
// led by its length, so that comparing code units compares numbers of any size. Only code units below U+0100
// occur: such strings are stored and compared bytewise.

/** Below every segment's first character, so a shorter release sorts before a longer one. */
const endOfRelease = ' '
const preRank = { a: 'b', b: 'c', rc: 'd' } as const satisfies Record<PreLabel, string>
/** A development release of a final release sorts before all its pre-releases. */
const preOfDevelopment = 'a'
const preOfFinal = 'e'
const noPost = 'a'
const withPost = 'b'
const withDev = 'a'
const noDev = 'b'
/** In a local version, words sort before numbers; both must stay below letters and digits. */
const localWord = '\x01'
const localNumber = '\x02'

/** The key of a version: its order among all versions. */
export function versionKey(parts: VersionParts): string {
  const pieces = releasePieces(parts)
  pieces.push(prePiece(parts))
  pieces.push(parts.post === undefined ? noPost : withPost + numberKey(parts.post))
  pieces.push(parts.dev === undefined ? noDev : withDev + numberKey(parts.dev))
  for (const segment of parts.local ?? [])
    pieces.push(isNumber(segment) ? localNumber + numberKey(segment) : localWord + segment)
  return pieces.join('')
}

/** A key above the version with its post-releases and below everything that follows; for versions without post and dev. */
export function keyAfterPosts(parts: VersionParts): string {
  const pieces = releasePieces(parts)
  pieces.push(prePiece(parts), '~')
  return pieces.join('')
}

/** A key right above this one: only longer local versions sort between it and what follows. */
export function keyAfter(key: string): string {
  return `${key}\x00`
}

/** Above every key. */
export const topKey = '\xff'

function releasePieces(parts: VersionParts): string[] {
  const { epoch, release } = parts
  let length = release.length
  while (length > 0 && release[length - 1] === '0') length--
  const pieces = [numberKey(epoch)]
  for (let index = 0; index < length; index++) pieces.push(numberKey(release[index]!))
  pieces.push(endOfRelease)
  return pieces
}

function prePiece(parts: VersionParts): string {
  if (parts.pre !== undefined) return preRank[parts.pre.label] + numberKey(parts.pre.number)
  return parts.dev !== undefined && parts.post === undefined ? preOfDevelopment : preOfFinal
}

/** Digits led by their count: U+0031 to U+0094 for up to 100 digits, else U+00FE and the count as a number. */
function numberKey(digits: string): string {
  const { length } = digits
  return length <= 100
    ? String.fromCharCode(0x30 + length) + digits
    : `\xfe${numberKey(String(length))}${digits}`
}
