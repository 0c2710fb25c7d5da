import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { SvcsplitError } from '#errors.js'
import { encodeImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { layoutSource } from '#registry/layout-source.js'
import { openRegistry, type Registry } from '#registry/registry.js'
import type { SessionOptions } from '#registry/session.js'
import { startRegistry, type TestRegistry, type TestRegistryOptions } from '../support/oci-registry.js'

const undo: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

export function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-test-'))
  undo.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export async function registryServer(options?: TestRegistryOptions): Promise<TestRegistry> {
  const server = await startRegistry(options)
  undo.push(() => server.close())
  return server
}

/** A client that waits briefly between tries and knows no login but the given environment's. */
export function client(options: SessionOptions = {}): Registry {
  const registry = openRegistry({
    backoffMs: 5,
    idleTimeoutMs: 2_000,
    ...options,
    environment: { HOME: '/nonexistent', ...options.environment },
  })
  undo.push(() => registry.close())
  return registry
}

export interface TestImage {
  readonly dir: string
  readonly root: Descriptor
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly source: ReturnType<typeof layoutSource>
}

/** Bytes that no compressor and no other call makes the same. */
export function content(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed * 2_654_435_761 + 1
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

export async function putBlob(dir: string, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = sha256(bytes)
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true })
  await writeFile(join(dir, 'blobs', 'sha256', hexOf(digest)), bytes)
  return { mediaType, digest, size: bytes.length }
}

/** An image of layers with the given sizes in a layout of its own. */
export async function testImage(sizes: readonly number[], seed = 1, name = 'glance:1'): Promise<TestImage> {
  const dir = tempFolder()
  const layers: Descriptor[] = []
  for (const [index, size] of sizes.entries())
    layers.push(await putBlob(dir, content(size, seed * 100 + index), mediaTypes.layerGzip))
  const config = await putBlob(
    dir,
    encodeImageConfig({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
    mediaTypes.config,
  )
  const manifest = { schemaVersion: 2 as const, mediaType: mediaTypes.manifest, config, layers }
  const root = await putBlob(dir, encodeManifest(manifest), mediaTypes.manifest)
  await writeIndex(dir, [{ ...root, annotations: new Map([['org.opencontainers.image.ref.name', name]]) }])
  return { dir, root, config, layers, source: layoutSource(dir) }
}

export async function writeIndex(dir: string, manifests: readonly Descriptor[]): Promise<void> {
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(
    join(dir, 'index.json'),
    encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  )
}

/** The code of the error that a promise ends with; its message too, to be matched. */
export async function failureOf(work: Promise<unknown>): Promise<{ code: string; text: string }> {
  try {
    await work
  } catch (error) {
    const { code, message, hint } = error as SvcsplitError
    return { code, text: `${message}\n${hint ?? ''}` }
  }
  throw new Error('it did not fail')
}

/** The environment of somebody who has logged in to a registry. */
export async function loginFile(
  host: string,
  user: string,
  password: string,
): Promise<Record<string, string>> {
  const dir = tempFolder()
  const auth = Buffer.from(`${user}:${password}`).toString('base64')
  await writeFile(join(dir, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  return { DOCKER_CONFIG: dir }
}
