import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { beginResults } from '../../proof/results.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-results-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('The folder of the results of a proof', () => {
  it.each(['is made', 'may be there and empty'])('%s, and is written anew by the next run', (how) => {
    const out = how === 'is made' ? join(folder, 'a/b') : folder
    beginResults(out)
    writeFileSync(join(out, 'events.jsonl'), 'old')
    mkdirSync(join(out, 'logs'))
    writeFileSync(join(out, 'logs/registry.log'), 'old')
    beginResults(out)
    expect(existsSync(join(out, 'events.jsonl'))).toBe(false)
    expect(existsSync(join(out, 'logs'))).toBe(false)
  })

  it.each([
    ['a file of somebody', ['thesis.txt']],
    ['names that a run uses too, and no sign that it was one', ['logs', 'report.txt']],
  ])('is refused with %s, and nothing is deleted', (_, names) => {
    for (const name of names) writeFileSync(join(folder, name), 'mine')
    expect(() => beginResults(folder)).toThrowError(`${folder} is not a folder of results`)
    expect(readdirSync(folder)).toEqual(names)
  })

  it('is refused once somebody has put something beside the results', () => {
    beginResults(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'mine')
    expect(() => beginResults(folder)).toThrowError('thesis.txt')
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true)
  })
})
