import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { stateOf } from '#verbs/kept-image.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-kept-'))
  vi.stubEnv('SVCSPLIT_DATA_DIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

it.each([
  'overrides.yaml',
  'constraints/mine.txt',
  'constraints/catalog/metadata.jsonl',
  'profiles/glance.yaml',
])('images of before do not stand for those that follow from another %s of one’s own', async (path) => {
  const before = await stateOf()
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), 'one')
  const one = await stateOf()
  writeFileSync(join(folder, path), 'two')
  const two = await stateOf()

  expect(new Set([before, one, two]).size).toBe(3)
  rmSync(join(folder, path))
  expect(await stateOf()).toBe(before)
})

it('images stand though a file beside the shipped data changes, such as the settings of an editor', async () => {
  const data = await stateOf(folder)
  writeFileSync(join(folder, 'biome.json'), '{}')
  expect(await stateOf(folder)).toBe(data)
})
