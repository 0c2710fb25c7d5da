import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readImageFacts } from '#attest/image-facts.js'
import { openLayerReader } from '#attest/layer-facts.js'
import { hexOf } from '#oci/digest.js'
import { bookworm, metadataOf, site, type Tree, writeImage } from './fixture.js'

async function factsOf(...trees: readonly Tree[]) {
  const { dir, manifest } = await writeImage(trees, { gzip: true })
  return readImageFacts(dir, manifest, openLayerReader())
}

async function versions(...trees: readonly Tree[]): Promise<readonly string[]> {
  return (await factsOf(...trees)).distributions.map(({ name, version }) => `${name} ${version}`)
}

describe('readImageFacts', () => {
  it('finds distributions, system packages and the system itself', async () => {
    const { packages, system, distributions } = await factsOf(bookworm, {
      [`${site}/oslo_config-9.7.1.dist-info/METADATA`]: metadataOf(
        'oslo.config',
        '9.7.1',
        'Summary: Options\n',
      ),
    })
    expect(system).toEqual({ id: 'debian', version: '12', title: 'Debian GNU/Linux 12 (bookworm)' })
    expect(packages).toEqual([
      { name: 'base-files', version: '1:12.4~rc1', architecture: 'amd64' },
      { name: 'libc6', version: '2.36-9+deb12u14', architecture: 'amd64', source: 'glibc' },
      {
        name: 'libstdc++6',
        version: '12.2.0-14+deb12u1',
        architecture: 'amd64',
        source: 'gcc-12@12.2.0-14',
      },
    ])
    expect(distributions).toEqual([
      {
        name: 'oslo-config',
        rawName: 'oslo.config',
        version: '9.7.1',
        folder: `${site}/oslo_config-9.7.1.dist-info`,
        summary: 'Options',
        licence: { names: [] },
      },
    ])
  })

  it('believes the upper of two layers, and what a layer takes away is gone', async () => {
    const a = (version: string): Tree => ({ [`${site}/a.dist-info/METADATA`]: metadataOf('a', version) })
    const b: Tree = { [`${site}/b-1.dist-info/METADATA`]: metadataOf('b', '1') }
    expect(await versions({ ...a('1'), ...b }, a('2'))).toEqual(['a 2', 'b 1'])
    expect(await versions({ ...a('1'), ...b }, { [`${site}/.wh.b-1.dist-info`]: '' })).toEqual(['a 1'])
    expect(await versions({ ...a('1'), ...b }, { [`${site}/.wh..wh..opq`]: '', ...a('3') })).toEqual(['a 3'])
  })

  it('reads eggs and other folders of distributions, and passes vendored copies over', async () => {
    const found = await versions({
      'usr/lib/python3/dist-packages/six-1.16.0.egg-info': metadataOf('six', '1.16.0'),
      'usr/local/lib/python3.11/site-packages/x-2.egg-info/PKG-INFO': metadataOf('x', '2'),
      [`${site}/setuptools/_vendor/jaraco-9.dist-info/METADATA`]: metadataOf('jaraco', '9'),
      [`${site}/notes/METADATA`]: metadataOf('notes', '9'),
    })
    expect(found).toEqual(['six 1.16.0', 'x 2'])
  })

  it('takes the name of the folder where the metadata cannot be had', async () => {
    const { distributions, unclear } = await factsOf({
      [`${site}/a_b-1.2.dist-info/METADATA`]: 'no headers at all',
      [`${site}/linked-3.dist-info/METADATA`]: { link: '/elsewhere' },
      [`${site}/huge-4.dist-info/METADATA`]: Buffer.alloc(17 * 1024 * 1024, 'x'),
      [`${site}/\u001b[31m.dist-info/METADATA`]: '',
    })
    expect(distributions.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'a-b 1.2',
      'huge 4',
      'linked 3',
    ])
    expect(unclear).toHaveLength(1)
  })

  it('reads metadata of ten million bytes as fast as any other', async () => {
    const text = metadataOf('a', '1', `License: MIT\n\n${'A readme line\n'.repeat(750_000)}`)
    const started = performance.now()
    const { distributions } = await factsOf({ [`${site}/a-1.dist-info/METADATA`]: text })
    expect(distributions[0]?.licence.expression?.text).toBe('MIT')
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('refuses a layer that is not the one that the manifest names', async () => {
    const { dir, manifest } = await writeImage([bookworm])
    const other = await writeImage([{ [`${site}/a-1.dist-info/METADATA`]: metadataOf('a', '1') }])
    const [layer] = manifest.layers
    const blob = join(other.dir, 'blobs', 'sha256', hexOf(other.manifest.layers[0]!.digest))
    await writeFile(join(dir, 'blobs', 'sha256', hexOf(layer!.digest)), await readFile(blob))
    await expect(readImageFacts(dir, manifest, openLayerReader())).rejects.toMatchObject({
      code: 'E-IMG-DIGEST',
    })
  })
})
