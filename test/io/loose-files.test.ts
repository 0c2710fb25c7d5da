import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type LooseEntry, openLooseFiles } from '#io/loose-files.js'

const top = mkdtempSync(join(tmpdir(), 'svcsplit-loose-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(top, 'case-'))
})

const owner = { uid: process.getuid!(), gid: process.getgid!(), target: '' }

function file(path: string, number: number, mode = 0o644): LooseEntry {
  return { path, type: 'file', mode, number, ...owner }
}

/** Loose files with these contents, numbered from 0. */
function written(...contents: readonly string[]) {
  const loose = openLooseFiles(dir)
  for (const content of contents) {
    loose.begin()
    for (const piece of content.split('|')) loose.write(Buffer.from(piece))
    loose.end()
  }
  return loose
}

describe('an unpacked tree', () => {
  it('has the bytes, names and modes of its entries, and folders that no entry names', () => {
    const root = join(dir, 'root')
    written('on|e', '', 'two').place(root, [
      file('deep/below/one', 0, 0o755),
      file('empty', 1),
      { path: 'own', type: 'folder', mode: 0o750, ...owner },
      file('own/two', 2),
    ])

    expect(readFileSync(join(root, 'deep/below/one'), 'utf8')).toBe('one')
    expect(readFileSync(join(root, 'empty'), 'utf8')).toBe('')
    expect(statSync(join(root, 'deep/below/one')).mode & 0o7777).toBe(0o755)
    expect(statSync(join(root, 'own')).mode & 0o7777).toBe(0o750)
  })

  it('never has the set-uid bit', () => {
    const root = join(dir, 'root')
    written('x').place(root, [file('su', 0, 0o4755)])
    expect(statSync(join(root, 'su')).mode & 0o7777).toBe(0o755)
  })

  it('has one file under both names of a hard link', () => {
    const root = join(dir, 'root')
    written('x').place(
      root,
      [file('a/one', 0), file('b', 0)].toSorted((a, b) => (a.path < b.path ? 1 : -1)),
    )
    expect(statSync(join(root, 'a/one')).ino).toBe(statSync(join(root, 'b')).ino)
  })

  it('has links that nothing was written through', () => {
    const root = join(dir, 'root')
    const outside = join(dir, 'outside')
    const link: LooseEntry = { path: 'out', type: 'link', mode: 0o777, ...owner, target: outside }
    const loose = written('x')

    expect(() => loose.place(root, [link, file('out/file', 0)])).toThrow()
    expect(existsSync(outside)).toBe(false)
    expect(existsSync(join(dir, 'outside/file'))).toBe(false)
  })

  it('keeps links as they are written, be they broken', () => {
    const root = join(dir, 'root')
    written().place(root, [{ path: 'a/l', type: 'link', mode: 0o777, ...owner, target: '../../../nowhere' }])
    expect(lstatSync(join(root, 'a/l')).isSymbolicLink()).toBe(true)
    expect(readlinkSync(join(root, 'a/l'))).toBe('../../../nowhere')
  })
})
