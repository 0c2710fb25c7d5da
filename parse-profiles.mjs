/** Part of `npm run build`: writes the shipped profiles as `dist/profiles.json`, which is faster to read than YAML. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parsedProfilesText } from '#inputs/parsed-profiles.js'

const folder = new URL('profiles/', import.meta.url)
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
writeFileSync(new URL('dist/profiles.json', import.meta.url), parsedProfilesText(texts))
