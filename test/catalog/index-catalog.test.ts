import { afterEach, describe, expect, it, vi } from 'vitest'
import { type IndexCatalogOptions, indexCatalog } from '#catalog/index-catalog.js'
import { openHttp } from '#io/http.js'
import { tempDir } from '#io/temp-dir.js'
import { normalizeName } from '#pep/name.js'
import {
  indexSdist,
  indexWheel,
  metadataOf,
  type PackageIndex,
  type PackageIndexOptions,
  startPackageIndex,
} from '../support/package-index.js'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(
  served: PackageIndexOptions,
  options: Partial<IndexCatalogOptions> = {},
): Promise<{ catalog: ReturnType<typeof indexCatalog>; index: PackageIndex }> {
  const index = await startPackageIndex(served)
  const http = openHttp({ environment: {}, backoffMs: 1, deadlineMs: 3_000 })
  closers.push(() => http.close(), index.close)
  return { catalog: indexCatalog({ indexUrl: index.url, http, ...options }), index }
}

const demo = normalizeName('demo')
const wheel = indexWheel('demo', '1.0', {
  requires: ['other>=2 ; extra == "x"', 'third'],
  extras: ['x'],
  requiresPython: '>=3.9',
})
const demoMetadata = {
  distribution: 'demo',
  version: '1.0',
  from: 'wheel',
  requires: ['other>=2 ; extra == "x"', 'third'],
  extras: ['x'],
  requiresPython: '>=3.9',
}

describe('versions', () => {
  it('come in the order of PEP 440, each once, however their files spell them', async () => {
    const files = ['1.10', '1.9', '2.0rc1', '1.9.0', '1!0.1'].map((version) => indexWheel('demo', version))
    const { catalog } = await open({ files })
    expect(await catalog.versions(demo)).toEqual(['1.9', '1.10', '2.0rc1', '1!0.1'])
    expect((await catalog.files(demo, '1.9')).length).toBe(2)
  })

  it('of a name that the index does not have are none', async () => {
    const { catalog } = await open({ files: [] })
    expect(await catalog.versions(demo)).toEqual([])
    expect(await catalog.metadata(demo, '1.0')).toBeUndefined()
    expect(await catalog.files(demo, '1.0')).toEqual([])
  })

  it('come from the first index that has the name, and from no other one', async () => {
    const second = await startPackageIndex({ files: [indexWheel('demo', '9.0'), indexWheel('other', '2.0')] })
    closers.push(second.close)
    const { catalog } = await open({ files: [wheel] }, { extraIndexUrls: [second.url] })
    expect(await catalog.versions(demo)).toEqual(['1.0'])
    expect(await catalog.versions(normalizeName('other'))).toEqual(['2.0'])
  })
})

describe('metadata', () => {
  it.each<['json' | 'html', boolean]>([
    ['json', true],
    ['json', false],
    ['html', true],
    ['html', false],
  ])('is read from the end of a wheel: pages in %s, ranges: %s', async (format, ranges) => {
    const { catalog, index } = await open({ files: [wheel], format, ranges })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
    expect(index.requests.length).toBe(2)
  })

  it('is found under every spelling of the version', async () => {
    const { catalog, index } = await open({ files: [indexWheel('demo', '2023.03.6')] })
    expect((await catalog.metadata(demo, '2023.3.6'))?.version).toBe('2023.03.6')
    expect((await catalog.metadata(demo, '2023.03.06'))?.version).toBe('2023.03.6')
    expect(index.requests.length).toBe(2)
  })

  it('is fetched in parts from a wheel whose directory is far from its end', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, number) => [
        `demo/module_with_a_long_name_${number}.py`,
        `x = ${Math.random()}`,
      ]),
    )
    const large = indexWheel('demo', '1.0', { members, requires: ['third'] })
    const { catalog, index } = await open({ files: [large] })
    expect((await catalog.metadata(demo, '1.0'))?.requires).toEqual(['third'])
    expect(index.requests.every(({ path, range }) => path.startsWith('/simple') || range !== undefined)).toBe(
      true,
    )
    expect(index.requests.length).toBeLessThanOrEqual(5)
  })

  it.each<'json' | 'html'>([
    'json',
    'html',
  ])('comes from the .metadata file that a %s page announces', async (format) => {
    const { catalog, index } = await open({ files: [wheel], format, coreMetadata: true })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
    expect(index.requests.map(({ path }) => path)).toEqual([
      '/simple/demo/',
      `/files/${wheel.filename}.metadata`,
    ])
  })

  it('comes from the wheel when announced .metadata files do not exist, and they are asked for once', async () => {
    const files = [wheel, indexWheel('demo', '2.0')]
    const { catalog, index } = await open({ files, coreMetadata: 'announced' })
    await catalog.metadata(demo, '1.0')
    await catalog.metadata(demo, '2.0')
    expect(index.requests.filter(({ path }) => path.endsWith('.metadata')).length).toBe(1)
  })

  it('of a .metadata file with another hash than announced is refused', async () => {
    const { catalog, index } = await open({ files: [wheel], coreMetadata: true })
    index.fault('.metadata', (_, response) => {
      response.end(metadataOf('demo', '1.0', { requires: ['evil'] }))
      return true
    })
    await expect(catalog.metadata(demo, '1.0')).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })

  it.each([
    true,
    false,
  ])('of a wheel that came whole and has another hash is refused: ranges: %s', async (ranges) => {
    const { catalog } = await open({ files: [{ ...wheel, sha256: '0'.repeat(64) }], ranges })
    await expect(catalog.metadata(demo, '1.0')).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })

  it.each<'.tar.gz' | '.zip'>([
    '.tar.gz',
    '.zip',
  ])('comes from an sdist (%s) that states it', async (ending) => {
    const text = metadataOf('demo', '1.0', { metadataVersion: '2.2', requires: ['third'] })
    const { catalog } = await open({ files: [indexSdist('demo', '1.0', text, { ending })] })
    expect(await catalog.metadata(demo, '1.0')).toMatchObject({ from: 'sdist', requires: ['third'] })
  })

  it.each([
    ['is older than 2.2', metadataOf('demo', '1.0', { metadataVersion: '2.1', requires: ['python2-only'] })],
    [
      'calls its requirements dynamic',
      metadataOf('demo', '1.0', { metadataVersion: '2.2', dynamic: ['Requires-Dist'] }),
    ],
    ['is not there', undefined],
  ])('comes from a build when PKG-INFO %s, and is pending without one', async (_, text) => {
    const files = [indexSdist('demo', '1.0', text)]
    const { catalog } = await open({ files })
    expect(await catalog.metadata(demo, '1.0')).toBeUndefined()
    expect(catalog.pending()).toEqual([
      { name: 'demo', version: '1.0', reason: expect.stringContaining('demo-1.0.tar.gz') },
    ])

    const built = await open(
      { files },
      {
        buildMetadata: async ({ sdistPath, sha256, filename, distribution, version }) => {
          expect([filename, distribution, version]).toEqual(['demo-1.0.tar.gz', 'demo', '1.0'])
          const { openBlobStore } = await import('#io/blob-store.js')
          const { readBytes } = await import('#io/files.js')
          await tempDir('svcsplit-b-', async (folder) => {
            await openBlobStore(folder).put(await readBytes(sdistPath), { sha256 })
          })
          return metadataOf('demo', '1.0', { requires: ['third'] })
        },
      },
    )
    expect(await built.catalog.metadata(demo, '1.0')).toMatchObject({ from: 'build', requires: ['third'] })
  })

  it('of a wheel that says it is something else is refused', async () => {
    const liar = indexWheel('demo', '1.0')
    const { catalog } = await open({ files: [{ ...liar, filename: 'demo-2.0-py3-none-any.whl' }] })
    await expect(catalog.metadata(demo, '2.0')).rejects.toMatchObject({ code: 'E-IDX-METADATA' })
  })

  it.each([
    ['no zip archive', Buffer.from('hello')],
    ['empty', Buffer.alloc(0)],
    ['cut off', wheel.bytes.subarray(0, wheel.bytes.length - 30)],
    ['damaged inside', Buffer.from(wheel.bytes).fill(0xff, 30, wheel.bytes.length - 400)],
  ])('of a wheel that is %s is refused by name', async (_, bytes) => {
    const { catalog } = await open({ files: [{ ...wheel, bytes }], ranges: bytes.length > 0 })
    await expect(catalog.metadata(demo, '1.0')).rejects.toMatchObject({
      code: expect.stringMatching(/^E-(IDX-METADATA|NET-TRUNC)$/),
      message: expect.stringContaining('demo-1.0-py3-none-any.whl'),
    })
  })

  it('is had in the end from an index that stumbles', async () => {
    const { catalog, index } = await open({ files: [wheel] })
    index.fault('/simple/demo/', (_, response, count) => {
      if (count > 2) return false
      response.writeHead(500).end()
      return true
    })
    index.fault('.whl', (_, response, count) => {
      if (count > 1) return false
      response.socket!.destroy()
      return true
    })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
  })

  it('is asked for again after a failure', async () => {
    const { catalog, index } = await open({ files: [wheel] })
    index.fault('/simple/demo/', (_, response, count) => {
      if (count > 1) return false
      response.writeHead(403).end()
      return true
    })
    await expect(catalog.metadata(demo, '1.0')).rejects.toMatchObject({ code: 'E-NET-STATUS' })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
  })

  it('is kept between runs, by the hash of its file', async () => {
    await tempDir('svcsplit-cache-', async (cacheDir) => {
      const first = await open({ files: [wheel] }, { cacheDir })
      await first.catalog.metadata(demo, '1.0')
      const second = await open({ files: [wheel] }, { cacheDir })
      expect(await second.catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
      expect(second.index.requests.map(({ path }) => path)).toEqual(['/simple/demo/'])
    })
  })

  it('is fetched again when its kept copy is damaged', async () => {
    await tempDir('svcsplit-cache-', async (cacheDir) => {
      const first = await open({ files: [wheel] }, { cacheDir })
      await first.catalog.metadata(demo, '1.0')
      const { readdirSync, writeFileSync, statSync } = await import('node:fs')
      for (const entry of readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }))
        if (statSync(`${cacheDir}/${entry}`).isFile()) writeFileSync(`${cacheDir}/${entry}`, '')
      const second = await open({ files: [wheel] }, { cacheDir })
      expect(await second.catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
    })
  })
})

describe('pages', () => {
  it('are asked for by their ETag, and a 304 gives the kept one', async () => {
    await tempDir('svcsplit-cache-', async (cacheDir) => {
      const index = await startPackageIndex({ files: [wheel], headers: { etag: '"1"' } })
      closers.push(index.close)
      for (let run = 0; run < 2; run++) {
        const http = openHttp({ environment: {} })
        closers.push(() => http.close())
        expect(await indexCatalog({ indexUrl: index.url, http, cacheDir }).versions(demo)).toEqual(['1.0'])
      }
      expect(index.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"'])
    })
  })

  it('are not asked for again while the index vouches for them', async () => {
    await tempDir('svcsplit-cache-', async (cacheDir) => {
      const index = await startPackageIndex({ files: [wheel], headers: { 'cache-control': 'max-age=600' } })
      closers.push(index.close)
      for (let run = 0; run < 2; run++) {
        const http = openHttp({ environment: {} })
        closers.push(() => http.close())
        await indexCatalog({ indexUrl: index.url, http, cacheDir }).versions(demo)
      }
      expect(index.requests.length).toBe(1)
    })
  })

  it('are asked for again when the clock that kept them was ahead', async () => {
    await tempDir('svcsplit-cache-', async (cacheDir) => {
      const index = await startPackageIndex({ files: [wheel], headers: { 'cache-control': 'max-age=600' } })
      closers.push(index.close)
      try {
        for (const year of [2099, 2026]) {
          vi.useFakeTimers({ toFake: ['Date'], now: new Date(`${year}-01-01`) })
          const http = openHttp({ environment: {} })
          closers.push(() => http.close())
          await indexCatalog({ indexUrl: index.url, http, cacheDir }).versions(demo)
        }
      } finally {
        vi.useRealTimers()
      }
      expect(index.requests.length).toBe(2)
    })
  })

  it('and files of an index with a login get it', async () => {
    const served = { files: [wheel], login: 'me:secret' }
    const { index } = await open(served)
    const http = openHttp({ environment: {} })
    closers.push(() => http.close())
    const catalog = indexCatalog({ indexUrl: index.url.replace('//', '//me:secret@'), http })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
  })
})

describe('files', () => {
  it('have hash, size and address; in HTML the size is asked for', async () => {
    for (const format of ['json', 'html'] as const) {
      const { catalog, index } = await open({ files: [{ ...wheel, yanked: 'broken' }], format })
      expect(await catalog.files(demo, '1.0')).toEqual([
        {
          filename: wheel.filename,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          size: wheel.bytes.length,
          url: `${index.origin}/files/${wheel.filename}`,
          requiresPython: '>=3.9',
          yanked: 'broken',
        },
      ])
      expect(await catalog.isYanked(demo, '1.0')).toBe(true)
    }
  })

  it('without a hash cannot be had, while their metadata can', async () => {
    const { catalog } = await open({ files: [{ ...wheel, sha256: null }] })
    expect(await catalog.metadata(demo, '1.0')).toEqual(demoMetadata)
    await expect(catalog.files(demo, '1.0')).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })
})

describe('entry points', () => {
  it('give groups, installed scripts with what they load, and WSGI modules', async () => {
    const script =
      "#!python\n#PBR Generated from 'wsgi_scripts'\n\nimport threading\n\nfrom demo.api import build_app\n"
    const service = indexWheel('demo', '1.0', {
      entryPoints:
        '[console_scripts]\ndemo-api = demo.cmd.api:main\n# note\n[oslo.config.opts]\ndemo.conf = demo.opts:list_opts\n',
      members: {
        'demo-1.0.data/scripts/demo-wsgi': script,
        'demo-1.0.data/scripts/demo-rootwrap': '#!/bin/sh\n',
        'demo/wsgi/api.py':
          'import threading\n\napplication = None\nwith threading.Lock():\n    application = object()\n',
        'demo/wsgi/__init__.py': 'from demo.wsgi.api import application\n',
        'demo/wsgi/server.py': 'def serve(application):\n    return application\n',
        'demo/wsgi.py': '# application = None\n',
        'demo/api/v1/wsgi.py': '',
        'demo/tests/wsgi/x.py': '',
        'demo/api/app.wsgi': 'application = 1\n',
      },
    })
    const { catalog } = await open({ files: [service] })
    const found = await catalog.entryPoints(demo, '1.0')
    expect(found).toEqual({
      groups: new Map([
        ['console_scripts', new Map([['demo-api', 'demo.cmd.api:main']])],
        ['oslo.config.opts', new Map([['demo.conf', 'demo.opts:list_opts']])],
      ]),
      scripts: new Map([
        ['demo-rootwrap', undefined],
        ['demo-wsgi', 'demo.api:build_app'],
      ]),
      wsgi: ['demo/api/app.wsgi', 'demo/wsgi/__init__.py', 'demo/wsgi/api.py'],
    })
  })
})
