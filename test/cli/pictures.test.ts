import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const pictures = fileURLToPath(new URL('../../docs/pictures/', import.meta.url))
// The curve of the live proof is drawn from a recorded run, not from shipped data, and has no script here.
const drawn = readdirSync(pictures).filter(
  (name) => name.endsWith('.svg') && existsSync(join(pictures, name.replace('.svg', '.mjs'))),
)

it.each(drawn)('the picture %s shows the shipped data (npm run pictures remakes it)', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'svcsplit-pictures-'))
  try {
    execFileSync(process.execPath, [join(pictures, name.replace('.svg', '.mjs')), join(folder, name)])
    expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(pictures, name), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
