import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const pictures = fileURLToPath(new URL('../../docs/pictures/', import.meta.url))

it('the picture of the release hops shows the shipped data (npm run pictures remakes it)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'svcsplit-pictures-'))
  try {
    execFileSync(process.execPath, [join(pictures, 'hops.mjs'), join(folder, 'hops.svg')])
    expect(readFileSync(join(folder, 'hops.svg'), 'utf8')).toBe(
      readFileSync(join(pictures, 'hops.svg'), 'utf8'),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
