import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cacheDir } from '#io/cache-dir.js'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { readDistribution } from '#surface/read-distribution.js'
import { readOwnSource } from '#verbs/own-sources.js'
import { formatRequirement } from '../support/format-requirement.js'
import { needs } from '../support/tools.js'

const need = needs('python3')

/** Fetches both forms of a version by pip; kept for the next run. */
function fetched(name: string, version: string): { readonly wheel: string; readonly sdist: string } {
  const dir = join(cacheDir(), 'own-sources', `${name}-${version}`)
  mkdirSync(dir, { recursive: true })
  const pip = (form: string) =>
    execFileSync('python3', [
      '-m',
      'pip',
      'download',
      '-q',
      '--no-deps',
      form,
      ':all:',
      '-d',
      dir,
      `${name}==${version}`,
    ])
  const found = (end: string) => readdirSync(dir).find((file) => file.endsWith(end))
  if (found('.whl') === undefined) pip('--only-binary')
  if (found('.tar.gz') === undefined) pip('--no-binary')
  const packed = found('.tar.gz')!
  execFileSync('tar', ['xzf', packed], { cwd: dir })
  return { wheel: join(dir, found('.whl')!), sdist: join(dir, packed.slice(0, -'.tar.gz'.length)) }
}

it.skipIf(need.missing).each([
  ['stevedore', '5.4.1'],
  ['oslo.utils', '8.2.0'],
  ['glance', '30.0.0'],
  ['six', '1.17.0'],
  ['attrs', '25.1.0'],
])('The sdist of %s %s tells what its wheel tells, without being run', async (name, version) => {
  const { wheel, sdist } = fetched(name, version)
  const own = { distribution: normalizeName(name), version }
  const [of, expected] = await Promise.all([
    readOwnSource({ ...own, path: sdist }),
    readOwnSource({ ...own, path: wheel }),
  ])
  const plain = (lines: readonly string[]) =>
    lines.map((line) => formatRequirement(parseRequirement(line))).sort()
  expect(plain(of.metadata.requires)).toEqual(plain(expected.metadata.requires))
  expect([...of.metadata.extras].sort()).toEqual([...expected.metadata.extras].sort())
  expect(of.metadata.requiresPython).toBe(expected.metadata.requiresPython)
  const [{ modules }, { modules: installed }] = await Promise.all([
    readDistribution(await of.files()),
    readDistribution(await expected.files()),
  ])
  expect(modules).toEqual(installed)
})
