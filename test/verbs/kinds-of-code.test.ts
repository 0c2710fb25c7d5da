import { expect, test } from 'vitest'
import { analyze } from '#verbs/analyze.js'

/** Modules of fixtures that manila's code misses on this host, where nothing brings the distribution along. */
async function undeclaredFound(code: string): Promise<readonly string[]> {
  const { cells } = await analyze({
    services: ['manila@2023.1'],
    host: '2024.1',
    code,
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
  })
  return cells.flatMap(({ findings }) =>
    findings.flatMap(({ missing }) => (missing?.leakedBy === undefined ? [] : [missing.name])),
  )
}

test('Undeclared needs are modules: told where modules are asked for, and not of other kinds of names.', async () => {
  expect(await undeclaredFound('all')).toEqual(['fixtures'])
  expect(await undeclaredFound('module,name')).toEqual(['fixtures'])
  expect(await undeclaredFound('keyword,option')).toEqual([])
})
