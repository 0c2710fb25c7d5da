import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBlobStore } from '#io/blob-store.js'
import { sha256 } from '#oci/digest.js'
import { planOf } from '#wheelhouse/build-plan.js'
import { parseBuildRequirements } from '#wheelhouse/build-requirements.js'
import { missingBuilder, openWheelhouse } from '#wheelhouse/wheelhouse.js'

const sdist = {
  distribution: 'demo',
  version: '1.0',
  filename: 'demo-1.0.tar.gz',
  path: '/x',
  sha256: '0'.repeat(64),
}

describe('how an sdist is built', () => {
  const plan = (pyproject: string | null, instead?: readonly string[]) =>
    planOf({ pyproject, setup: true, native: [] }, sdist, instead)

  it('is what its pyproject.toml says', () => {
    const text =
      '[build-system]\nrequires = ["flit_core >=3"]\nbuild-backend = "flit_core.buildapi"\nbackend-path = ["."]\n'
    expect(plan(text)).toEqual({
      backend: 'flit_core.buildapi',
      backendPath: ['.'],
      requires: ['flit_core >=3'],
      native: false,
    })
  })

  it.each([null, '[project]\nname = "demo"\n'])('is setuptools where nothing is said (%j)', (text) => {
    expect(plan(text)).toMatchObject({
      backend: 'setuptools.build_meta:__legacy__',
      requires: ['setuptools', 'wheel'],
    })
  })

  it('takes other requirements where its own do not hold any more', () => {
    expect(plan(null, ['setuptools<58'])).toMatchObject({ requires: ['setuptools<58'] })
  })

  it('is refused if pyproject.toml is not TOML, or nothing builds it', () => {
    expect(() => plan('= =')).toThrow(expect.objectContaining({ code: 'E-SDT-FORM' }))
    expect(() => planOf({ pyproject: null, setup: false, native: [] }, sdist, undefined)).toThrow(
      expect.objectContaining({ code: 'E-SDT-FORM' }),
    )
  })
})

describe('a wheelhouse', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wheelhouse-test-'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  it('names the distribution and both ways out where buildah is missing', async () => {
    const wheelhouse = openWheelhouse({
      base: { layout: dir, digest: sha256('x'), python: '3.11', pythonPath: '/usr/bin/python3.11' },
      platform: 'linux/amd64',
      withPackages: () => Promise.reject(new Error('no packages are needed')),
      requirements: parseBuildRequirements('{"format":1,"wheels":[],"exceptions":[]}', 'table.json'),
      fetch: () => Promise.reject(new Error('nothing is fetched')),
      cacheDir: dir,
      store: openBlobStore(join(dir, 'store')),
    })
    const path = process.env.PATH
    process.env.PATH = dir
    try {
      await expect(wheelhouse.buildWheel(sdist)).rejects.toMatchObject({
        code: 'E-EXE-MISSING',
        message: expect.stringContaining('demo 1.0'),
        hint: expect.stringContaining('--wheelhouse DIR'),
      })
    } finally {
      process.env.PATH = path
      await wheelhouse.close()
    }
  })

  it('names all distributions that wait for a builder', () => {
    expect(missingBuilder(['a 1', 'b 2']).message).toContain('a 1, b 2')
  })
})
