import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readFromSet, replaceSet, waitingFolder } from '#io/file-set.js'
import { tempDir } from '#io/temp-dir.js'

const names = ['a', 'b', 'c']

function textsIn(folder: string): readonly (string | undefined)[] {
  return names.map((name) => readFromSet(folder, name)?.text)
}

function filled(text: string) {
  return async (folder: string) => {
    for (const name of names) writeFileSync(join(folder, name), text)
  }
}

it('files of a set are replaced where they differ, and nothing else is left', async () => {
  await tempDir('svcsplit-set-', async (folder) => {
    const set = join(folder, 'set')
    expect(await replaceSet(set, filled('old'))).toEqual(names)
    expect(await replaceSet(set, filled('old'))).toEqual([])
    const changed = await replaceSet(set, async (aside) => writeFileSync(join(aside, 'b'), 'new'))
    expect(changed).toEqual(['b'])
    expect(textsIn(set)).toEqual(['old', 'new', 'old'])
    expect(readdirSync(set)).toEqual(names)
  })
})

it('a set stays as it is where its new files cannot be made', async () => {
  await tempDir('svcsplit-set-', async (folder) => {
    await replaceSet(folder, filled('old'))
    const failing = replaceSet(folder, async (aside) => {
      writeFileSync(join(aside, 'a'), 'new')
      expect(textsIn(folder)).toEqual(['old', 'old', 'old'])
      throw new Error('no network')
    })
    await expect(failing).rejects.toThrow('no network')
    expect(textsIn(folder)).toEqual(['old', 'old', 'old'])
    expect(readdirSync(folder)).toEqual(names)
  })
})

it.each([
  0, 1, 2, 3,
])('a set that was left with %d files in place reads as the new one, and is put in order', async (moved) => {
  await tempDir('svcsplit-set-', async (folder) => {
    const waiting = join(folder, waitingFolder)
    mkdirSync(waiting)
    names.forEach((name, index) => {
      writeFileSync(join(folder, name), index < moved ? 'new' : 'old')
      if (index >= moved) writeFileSync(join(waiting, name), 'new')
    })
    expect(textsIn(folder)).toEqual(['new', 'new', 'new'])
    expect(await replaceSet(folder, filled('new'))).toEqual([])
    expect(names.map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['new', 'new', 'new'])
    expect(existsSync(waiting)).toBe(false)
  })
})
