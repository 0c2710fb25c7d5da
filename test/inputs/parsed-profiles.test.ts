import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keyOfText, parsedProfiles, parsedProfilesText } from '#inputs/parsed-profiles.js'
import { parseCheckedProfile, parseCheckedUpgrade } from '#inputs/profile.js'
import { shippedRoot } from '#inputs/shipped-path.js'

const folder = join(shippedRoot(), 'profiles')
const shipped = readdirSync(folder).map((name) => ({
  path: `profiles/${name}`,
  text: readFileSync(join(folder, name), 'utf8'),
}))

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'svcsplit-parsed-'))
  mkdirSync(join(root, 'dist'))
  writeFileSync(join(root, 'dist/profiles.json'), parsedProfilesText(shipped.map(({ text }) => text)))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it.each(shipped)('$path is the same from JSON as from its YAML', ({ path, text }) => {
  const parsed = parsedProfiles(root).get(keyOfText(text))
  expect(parsed).toBeDefined()
  expect(parseCheckedProfile(text, path, parsed)).toEqual(parseCheckedProfile(text, path))
  expect(parseCheckedUpgrade(text, path, parsed)).toEqual(parseCheckedUpgrade(text, path))
})

it('is not taken for a profile whose text has changed', () => {
  const [first] = shipped
  expect(parsedProfiles(root).get(keyOfText(`${first!.text}# changed\n`))).toBeUndefined()
})

it('is not asked of data that has none', () => {
  expect(parsedProfiles(join(root, 'elsewhere')).size).toBe(0)
})
