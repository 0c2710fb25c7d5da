import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { existsSync, readTextSync } from '#io/files.js'
import { type ParsedProfile, parseProfileText } from './profile.js'

/**
 * The shipped profiles as JSON, by the hash of their text: reading YAML is a tenth of a run that needs all of them. Made when
 * the package is built; a profile whose text is not there is read from its YAML.
 */
const path = 'dist/profiles.json'
const format = 1

export function keyOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** By the key of the text; empty where none were made. */
export function parsedProfiles(root: string): ReadonlyMap<string, ParsedProfile> {
  const file = join(root, path)
  if (!existsSync(file)) return new Map()
  const made = JSON.parse(readTextSync(file)) as { format: number; profiles: Record<string, ParsedProfile> }
  return new Map(made.format === format ? Object.entries(made.profiles) : [])
}

/** The text of that file, from the texts of the profiles. */
export function parsedProfilesText(texts: readonly string[]): string {
  const profiles = Object.fromEntries(texts.map((text) => [keyOfText(text), parseProfileText(text, '')]))
  return `${JSON.stringify({ format, profiles })}\n`
}
