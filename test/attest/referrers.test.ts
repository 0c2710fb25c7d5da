import { generateKeyPairSync } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readLayout, readLayoutImage } from '#image/layout.js'
import { formatPylock } from '#lock/pylock.js'
import { refNameAnnotation } from '#oci/descriptor.js'
import { hexOf, parseDigest } from '#oci/digest.js'
import { pullIntoLayout } from '#registry/layout-target.js'
import { artifactOf } from '#registry/registry.js'
import { type AttestRequest, attest } from '#verbs/attest.js'
import { verifyAttestations } from '#verbs/attest-verify.js'
import { copy } from '#verbs/copy.js'
import { push } from '#verbs/push.js'
import { startRegistry, type TestRegistryOptions } from '../support/oci-registry.js'
import {
  bookworm,
  environmentOf,
  locked,
  lockOf,
  tempFolder,
  type WrittenImage,
  writeImage,
} from './fixture.js'

const lock = lockOf(locked('demo', '1', ['b']), locked('b', '2'))
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function demo(name = 'demo:2025.1', dir = tempFolder()): Promise<WrittenImage & { lockPath: string }> {
  const image = await writeImage([bookworm, environmentOf(lock)], { dir, name })
  const lockPath = join(tempFolder(), 'pylock.demo.toml')
  await writeFile(lockPath, formatPylock(lock))
  return { ...image, lockPath }
}

async function keys(): Promise<{ keyPath: string; publicPath: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const dir = tempFolder()
  const [keyPath, publicPath] = [join(dir, 'k.pem'), join(dir, 'k.pub')]
  await writeFile(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(publicPath, publicKey.export({ type: 'spki', format: 'pem' }))
  return { keyPath, publicPath }
}

function all(image: { dir: string; lockPath: string }): AttestRequest {
  return {
    image: `oci:${image.dir}`,
    lockPath: image.lockPath,
    sboms: ['cyclonedx', 'spdx'],
    provenance: true,
    to: { kind: 'referrer' },
  }
}

async function registry(options: TestRegistryOptions = {}) {
  const server = await startRegistry(options)
  closing.push(() => server.close())
  return server
}

const http = { environment: { HOME: '/nonexistent' } }

describe('attesting an image of a layout', () => {
  it('leaves the image alone and lists what refers to it beside it', async () => {
    const image = await demo()
    const [result] = await attest(all(image))
    const { descriptor } = await readLayoutImage(image.dir)
    expect(descriptor.digest).toBe(image.descriptor.digest)
    expect(result?.digest).toBe(image.descriptor.digest)
    const { manifests } = await readLayout(image.dir)
    expect(manifests.map(({ artifactType }) => artifactType)).toEqual([
      undefined,
      'application/vnd.cyclonedx+json',
      'application/spdx+json',
      'application/vnd.in-toto+json',
    ])
    expect(manifests.flatMap((entry) => entry.annotations?.get(refNameAnnotation) ?? [])).toEqual([
      'demo:2025.1',
    ])
  })

  it('writes the same bytes when it is done again, as referrers and as files', async () => {
    const [first, second, files] = [await demo(), await demo(), tempFolder()]
    const [one] = await attest(all(first))
    const [two] = await attest(all(second))
    const index = await readFile(join(first.dir, 'index.json'), 'utf8')
    await attest(all(first))
    const [filed] = await attest({ ...all(first), to: { kind: 'files', dir: files } })
    expect(two?.documents).toEqual(one?.documents)
    expect(await readFile(join(first.dir, 'index.json'), 'utf8')).toBe(index)
    expect(filed?.documents.map(({ digest }) => digest)).toEqual(one?.documents.map(({ digest }) => digest))
    expect((await readdir(files)).sort()).toEqual([
      'demo-2025.1.cdx.json',
      'demo-2025.1.provenance.json',
      'demo-2025.1.spdx.json',
    ])
  })

  it('replaces its own older documents, and neither those of others nor signatures of other keys', async () => {
    const image = await demo()
    const subject = image.descriptor
    const foreign = artifactOf(subject, {
      artifactType: 'application/spdx+json',
      mediaType: 'application/spdx+json',
      bytes: Buffer.from('{"packages":[]}'),
    })
    await pullIntoLayout(foreign.source, { ...foreign.root, artifactType: 'application/spdx+json' }, image)
    const [mine, theirs] = [await keys(), await keys()]
    await attest(all(image))
    await attest({ ...all(image), keyPath: theirs.keyPath })
    await attest({ ...all(image), keyPath: mine.keyPath })
    await attest({ ...all(image), keyPath: mine.keyPath, created: '2026-01-31T12:00:00Z' })
    const types = (await readLayout(image.dir)).manifests.map(({ artifactType }) => artifactType)
    const count = (type: string) => types.filter((item) => item === type).length
    expect(count('application/vnd.cyclonedx+json')).toBe(1)
    expect(count('application/spdx+json')).toBe(2)
    expect(count('application/vnd.in-toto+json')).toBe(0)
    expect(count('application/vnd.dev.sigstore.bundle.v0.3+json')).toBe(2)
  })

  it('refuses the lock of another image before it writes anything', async () => {
    const image = await demo()
    const before = await readFile(join(image.dir, 'index.json'), 'utf8')
    await writeFile(image.lockPath, formatPylock(lockOf(locked('demo', '2'))))
    await expect(attest(all(image))).rejects.toMatchObject({ code: 'E-ATT-LOCK' })
    expect(await readFile(join(image.dir, 'index.json'), 'utf8')).toBe(before)
  })

  it('asks for the lock when the image does not say which service release it is', async () => {
    const { lockPath: _, ...request } = all(await demo())
    await expect(attest(request)).rejects.toMatchObject({
      code: 'E-ATT-LOCK',
      hint: expect.stringContaining('--lock'),
    })
  })
})

describe('verifying the attestations of an image', () => {
  it('tells apart signed, signed by another key, and not signed', async () => {
    const image = await demo()
    const [mine, theirs] = [await keys(), await keys()]
    const verify = (keyPath: string) => verifyAttestations({ image: `oci:${image.dir}`, keyPath })
    await attest(all(image))
    expect(await verify(mine.publicPath)).toMatchObject({ holds: false, attestations: [] })
    await attest({ ...all(image), keyPath: mine.keyPath })
    const good = await verify(mine.publicPath)
    expect(good.holds).toBe(true)
    expect(good.documents.map(({ covered }) => covered)).toEqual([true, true])
    const other = await verify(theirs.publicPath)
    expect(other).toMatchObject({ holds: false, attestations: [{ verdict: { kind: 'other-key' } }] })
    expect(other.documents.map(({ covered }) => covered)).toEqual([false, false])
  })

  it('does not carry a signature over to another image', async () => {
    const { keyPath, publicPath } = await keys()
    const signed = await demo()
    const [result] = await attest({ ...all(signed), keyPath })
    const other = await writeImage([bookworm], { name: 'other:1' })
    const bundle = result!.documents.find(({ kind }) => kind === 'provenance')!
    const blob = join(signed.dir, 'blobs', 'sha256', hexOf(parseDigest(bundle.digest)))
    const { source, root } = artifactOf(other.descriptor, {
      artifactType: bundle.mediaType,
      mediaType: bundle.mediaType,
      bytes: await readFile(blob),
    })
    await pullIntoLayout(source, { ...root, artifactType: bundle.mediaType }, other)
    expect(await verifyAttestations({ image: `oci:${other.dir}`, keyPath: publicPath })).toMatchObject({
      holds: false,
      attestations: [{ verdict: { kind: 'other-image', subjects: [signed.descriptor.digest] } }],
    })
  })

  it('does not believe a document that was changed in its place', async () => {
    const { keyPath, publicPath } = await keys()
    const image = await demo()
    const [result] = await attest({ ...all(image), keyPath })
    const bundle = result!.documents.find(({ kind }) => kind === 'provenance')!
    const blob = join(image.dir, 'blobs', 'sha256', hexOf(parseDigest(bundle.digest)))
    const text = await readFile(blob, 'utf8')
    await writeFile(blob, text.replace('publicKey', 'publicKez'))
    await expect(
      verifyAttestations({ image: `oci:${image.dir}`, keyPath: publicPath }),
    ).rejects.toMatchObject({ code: 'E-IMG-DIGEST' })
  })
})

describe.each([
  ['the referrers API', true],
  ['tags in its place', false],
] as const)('pushing an attested image to a registry with %s', (_, referrersApi) => {
  it('takes the documents along, to be verified there, and brings them back', async () => {
    const server = await registry({ referrersApi })
    const { keyPath, publicPath } = await keys()
    const image = await demo()
    const [attested] = await attest({ ...all(image), keyPath })
    const to = `${server.host}/team/demo:1`
    const pushed = await push({ from: `oci:${image.dir}:demo:2025.1`, to: `registry:${to}`, http })
    expect(pushed.referrers).toEqual(attested!.documents.map(({ manifest }) => manifest))
    const verified = await verifyAttestations({ image: to, keyPath: publicPath, http })
    expect(verified.holds).toBe(true)
    expect(verified.documents.map(({ covered }) => covered)).toEqual([true, true])
    const back = tempFolder()
    await copy({ from: to, to: `oci:${back}:demo:1`, referrers: true, http })
    expect((await verifyAttestations({ image: `oci:${back}:demo:1`, keyPath: publicPath })).holds).toBe(true)
  })

  it('leaves them out when that is wanted', async () => {
    const server = await registry({ referrersApi })
    const image = await demo()
    await attest(all(image))
    const to = `registry:${server.host}/team/demo:1`
    const { referrers } = await push({ from: `oci:${image.dir}`, to, referrers: false, http })
    expect(referrers).toEqual([])
    expect(server.manifests.get('team/demo')?.size).toBe(1)
  })
})
