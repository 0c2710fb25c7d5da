import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { tarEntries } from './tar-entries.js'

/** How a secret may lie in bytes: as it is, in a URL, in JSON, in hex, and inside base64 wherever it begins. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    // what neighbours decide of the first and last characters is cut off
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const whole = text.slice(Math.ceil((shift * 4) / 3), -1)
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('hex'),
      ...inBase64,
    ]),
  ]
}

/** Which of the secrets are in the bytes: also in what is packed in them, and in archives in archives. */
export function secretsIn(bytes: Buffer, secrets: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found = new Set<string>()
  const look = (piece: Buffer): void => {
    for (const [name, forms] of secrets) if (forms.some((form) => piece.includes(form))) found.add(name)
    if (piece[0] === 0x1f && piece[1] === 0x8b) look(gunzipSync(piece))
    if (piece.toString('latin1', 257, 262) === 'ustar')
      for (const { content } of tarEntries(piece)) if (content !== '') look(Buffer.from(content, 'base64'))
  }
  look(bytes)
  return [...found]
}

/** `path: secret` for every file and link below a folder that shows one. */
export function secretsBelow(
  dir: string,
  secrets: ReadonlyMap<string, readonly string[]>,
  skipped: readonly string[],
): { readonly leaks: readonly string[]; readonly files: number } {
  const leaks: string[] = []
  let files = 0
  const visit = (path: string): void => {
    if (skipped.includes(path)) return
    const status = lstatSync(path)
    const told = (bytes: Buffer): void => {
      files++
      for (const name of secretsIn(bytes, secrets)) leaks.push(`${path}: ${name}`)
    }
    if (status.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
    else if (status.isSymbolicLink()) told(Buffer.from(readlinkSync(path)))
    else if (status.isFile()) told(readFileSync(path))
  }
  visit(dir)
  return { leaks, files }
}
