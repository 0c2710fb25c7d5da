import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reliabilityPage } from '../../docs/reliability.mjs'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('docs/promises.md', () => {
  /** ``- `test/file.test.ts`: the title of a test`` */
  const named = [...read('docs/promises.md').matchAll(/^ *- `(test\/[^`]+)`: (.+)$/gm)].map(
    ([, file, title]) => [file!, title!] as const,
  )

  it('names a test for each of its promises', () => {
    const parts = read('docs/promises.md').split(/^## P/m).slice(1)
    expect(parts.map((part) => part.slice(0, part.indexOf(' ')))).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    for (const part of parts) expect(part).toMatch(/^ *- `test\//m)
  })

  it.each(named)('names what is there: %s: %s', (file, title) => {
    expect(existsSync(join(root, file))).toBe(true)
    expect(read(file).replaceAll("\\'", "'")).toContain(title)
  })
})

describe('docs/reliability.md', () => {
  it('is what npm run reliability makes of the kept results', () => {
    const results = readdirSync(join(root, 'docs/reliability'))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => ({ name, rows: JSON.parse(read(`docs/reliability/${name}`)) }))
    expect(read('docs/reliability.md')).toBe(reliabilityPage(results))
  })
})
