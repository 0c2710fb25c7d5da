import { describe, expect, it } from 'vitest'
import type { Metadata } from '#catalog/catalog.js'
import { loadSnapshot } from '#catalog/snapshot.js'
import {
  formatEntryPoints,
  formatFiles,
  formatMetadata,
  formatUnpinned,
  snapshotFiles,
} from '#catalog/snapshot-format.js'
import { shippedRoot } from '#inputs/fleet.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { normalizeName } from '#pep/name.js'

const demo = normalizeName('demo')
const other = normalizeName('demo-other')

function metadata(version: string, requires: readonly string[] = [], name = demo): Metadata {
  return { distribution: name, version, from: 'wheel', requires, extras: [] }
}

const file = {
  filename: 'demo-1.0.tar.gz',
  size: 12,
  sha256: 'a'.repeat(64),
  uploadTime: '2024-01-01T00:00:00Z',
  requiresPython: '>=3.8, <4; 100%',
  yanked: 'broken: do not use',
}

describe('a snapshot', () => {
  it('gives back what was written, whatever it holds', async () => {
    await tempDir('svcsplit-snap-', async (dir) => {
      const rows: Metadata[] = [
        {
          ...metadata('1.10', ['a ; extra == "x"', 'b>=1']),
          extras: ['x'],
          requiresPython: '>=3',
          from: 'build',
        },
        metadata('1.9'),
        metadata('3', [], other),
      ]
      const entryPoints = {
        groups: new Map([['console_scripts', new Map([['demo', 'demo:main']])]]),
        scripts: new Map([['demo-wsgi', undefined]]),
        wsgi: ['demo/wsgi.py'],
      }
      const unpinned = {
        asOf: '2024-01-01T00:00:00Z',
        versions: new Map([[demo, new Map([['3.11', '1.10']])]]),
      }
      await writeAtomic(`${dir}/${snapshotFiles.metadata}`, formatMetadata(rows))
      await writeAtomic(
        `${dir}/${snapshotFiles.files}`,
        formatFiles([
          {
            name: demo,
            version: '1.9',
            facts: [file, { ...file, filename: 'demo-1.0-py3-none-any.whl', yanked: true }],
          },
          { name: demo, version: '1.10', facts: [] },
          { name: other, version: '3', facts: [{ filename: 'o-3.zip', size: 0, sha256: 'b'.repeat(64) }] },
        ]),
      )
      await writeAtomic(
        `${dir}/${snapshotFiles.entryPoints}`,
        formatEntryPoints([{ name: demo, version: '1.9', facts: entryPoints }]),
      )
      await writeAtomic(`${dir}/${snapshotFiles.unpinned}`, formatUnpinned(unpinned))

      const snapshot = loadSnapshot(dir)
      expect(snapshot.names()).toEqual(['demo', 'demo-other'])
      expect(snapshot.versions(demo)).toEqual(['1.9', '1.10'])
      expect(snapshot.metadata(demo, '1.10')).toEqual(rows[0])
      expect(snapshot.metadata(demo, '1.9')).toEqual(rows[1])
      expect(snapshot.files(demo, '1.9')).toEqual([
        { ...file, filename: 'demo-1.0-py3-none-any.whl', yanked: true },
        file,
      ])
      expect(snapshot.files(demo, '1.10')).toEqual([])
      expect(snapshot.files(other, '3')).toEqual([{ filename: 'o-3.zip', size: 0, sha256: 'b'.repeat(64) }])
      expect(snapshot.entryPoints(demo, '1.9')).toEqual(entryPoints)
      expect(snapshot.entryPoints(other, '3')).toBeUndefined()
      expect(snapshot.unpinned()).toEqual(unpinned)
    })
  })

  it.each(['1.9', '1.9.0', 'v1.09', '1.9.00'])('finds 1.9 under %s', async (spelling) => {
    await tempDir('svcsplit-snap-', async (dir) => {
      await writeAtomic(`${dir}/${snapshotFiles.metadata}`, formatMetadata([metadata('1.9')]))
      expect(loadSnapshot(dir).metadata(demo, spelling)?.version).toBe('1.9')
    })
  })

  it('knows nothing of other versions, of names that it does not have, and of what is no version', async () => {
    await tempDir('svcsplit-snap-', async (dir) => {
      await writeAtomic(`${dir}/${snapshotFiles.metadata}`, formatMetadata([metadata('1.9')]))
      const snapshot = loadSnapshot(dir)
      expect(snapshot.metadata(demo, '1.9.1')).toBeUndefined()
      expect(snapshot.metadata(demo, 'dev-branch')).toBeUndefined()
      expect(snapshot.versions(normalizeName('constructor'))).toEqual([])
      expect(loadSnapshot(`${dir}/none`).names()).toEqual([])
    })
  })

  it('of two folders lets the first one hide what the second says of the same version, and adds the rest', async () => {
    await tempDir('svcsplit-snap-', async (dir) => {
      await writeAtomic(
        `${dir}/own/${snapshotFiles.metadata}`,
        formatMetadata([metadata('1.0', ['own']), metadata('3.0')]),
      )
      await writeAtomic(
        `${dir}/shipped/${snapshotFiles.metadata}`,
        formatMetadata([metadata('1.0.0', ['shipped']), metadata('2.0')]),
      )
      const snapshot = loadSnapshot(`${dir}/own`, `${dir}/shipped`)
      expect(snapshot.versions(demo)).toEqual(['1.0', '2.0', '3.0'])
      expect(snapshot.metadata(demo, '1.0.0')?.requires).toEqual(['own'])
      expect(snapshot.metadata(demo, '2.0')).toBeDefined()
    })
  })

  it.each([
    ['of another format', () => '{"format":"svcsplit metadata 2"}\n', 1],
    ['cut off', (text: string) => text.slice(0, -9), 3],
    ['with merge markers', (text: string) => `${text}<<<<<<< HEAD\n`, 4],
    ['with another field', (text: string) => text.replace('"requires":', '"demands":'), 2],
  ])('%s is refused with its line', async (_, bend, line) => {
    await tempDir('svcsplit-snap-', async (dir) => {
      const path = `${dir}/${snapshotFiles.metadata}`
      await writeAtomic(path, bend(formatMetadata([metadata('1.0'), metadata('2.0')])))
      const snapshot = loadSnapshot(dir)
      expect(() => snapshot.metadata(demo, '1.0')).toThrow(
        expect.objectContaining({ code: 'E-CAT-FORM', at: { path, line } }),
      )
    })
  })
})

describe('the shipped snapshot', () => {
  const snapshot = loadSnapshot(`${shippedRoot()}constraints/catalog`)
  const read = (name: string, version: string) => snapshot.metadata(normalizeName(name), version)

  it('knows that pyScss 1.4.0 wants six, and none of what its egg-info names for Python 2', () => {
    expect(read('pyScss', '1.4.0')).toMatchObject({ from: 'build', requires: ['six'] })
  })

  it('has the metadata of wheels as it is, with what neutron 28.0.1 lost', () => {
    const pyroute2 = read('neutron', '28.0.1')?.requires.filter((text) => text.startsWith('pyroute2'))
    expect(pyroute2).toEqual([])
  })

  it('finds the entry points of a service under its distribution', () => {
    const placement = normalizeName('openstack-placement')
    const version = snapshot.versions(placement).at(-1)!
    expect(
      snapshot.entryPoints(placement, version)?.groups.get('console_scripts')?.has('placement-manage'),
    ).toBe(true)
  })
})
