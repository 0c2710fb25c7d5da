import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metadata } from '#catalog/catalog.js'
import { formatFiles, formatMetadata, formatUnpinned } from '#catalog/snapshot-format.js'
import { openBlobStore } from '#io/blob-store.js'
import { ensureDir } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { writeLayer } from '#layers/layer.js'
import type { LayerEntry } from '#layers/layer-stream.js'
import { encodeImageConfig } from '#oci/config.js'
import { refNameAnnotation } from '#oci/descriptor.js'
import { sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { normalizeName } from '#pep/name.js'
import type { BuildRequest } from '#verbs/build.js'
import { type IndexFile, type PackageIndex, startPackageIndex } from '../support/package-index.js'
import { writeWheel } from '../support/wheel-writer.js'

/** What a base says of itself: facts that a test bends. */
export interface SmallBase {
  readonly python?: string
  readonly glibc?: string
  readonly architecture?: string
  readonly passwd?: string
  /** A file that makes it another base. */
  readonly note?: string
}

/** Two services on a few libraries, their index on the loopback interface, and a base. */
export interface SmallWorld {
  readonly dir: string
  readonly index: PackageIndex
  /** `oci:DIR` */
  readonly base: string
  readonly request: BuildRequest
  path(name: string): string
  writeBase(name: string, ...bases: readonly SmallBase[]): Promise<string>
  close(): Promise<void>
}

/** When every file of it was uploaded. */
const uploadTime = '2025-03-01T00:00:00Z'

interface SmallDistribution {
  readonly name: string
  readonly version: string
  readonly requires?: readonly string[]
  /** Also a wheel for arm64, and only wheels by platform. */
  readonly native?: boolean
  readonly sdistOnly?: boolean
  readonly scripts?: string
}

const few: readonly SmallDistribution[] = [
  {
    name: 'alpha',
    version: '1.0',
    requires: ['common', 'native', 'alone'],
    scripts: 'alpha-api = alpha:main',
  },
  { name: 'beta', version: '2.0', requires: ['common', 'native'] },
  { name: 'gamma', version: '3.0', requires: ['common', 'sourced'] },
  { name: 'common', version: '1.1' },
  { name: 'native', version: '0.9', native: true },
  { name: 'alone', version: '5.0' },
  { name: 'sourced', version: '0.1', sdistOnly: true },
]

export function wheelOf(
  { name, version, native, scripts }: SmallDistribution,
  tag = 'py3-none-any',
): IndexFile {
  const { filename, bytes } = writeWheel(
    [
      {
        name: `${name}/__init__.py`,
        content: `# ${name} ${version} ${native === true ? tag : ''}\n`.repeat(200),
      },
    ],
    {
      name,
      version,
      tag,
      wheel: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
      ...(scripts === undefined ? {} : { entryPoints: `[console_scripts]\n${scripts}\n` }),
    },
  )
  return { filename, bytes }
}

/** The wheel that the sdist of `sourced` is built into; `salt` makes it another. */
export function sourcedWheel(salt = ''): IndexFile {
  return wheelOf({ name: 'sourced', version: `0.1`, scripts: `sourced${salt} = sourced:main` })
}

function filesOf(one: SmallDistribution): readonly IndexFile[] {
  if (one.sdistOnly === true)
    return [
      {
        filename: `${one.name}-${one.version}.tar.gz`,
        bytes: Buffer.from(`sdist of ${one.name}`),
        uploadTime,
      },
    ]
  const tags =
    one.native === true
      ? ['cp311-cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux_2_17_aarch64']
      : ['py3-none-any']
  return tags.map((tag) => ({ ...wheelOf(one, tag), uploadTime }))
}

/** @param libraries further ones that alpha demands, for a world with more to fetch */
export async function smallWorld(libraries = 0): Promise<SmallWorld> {
  const more = Array.from({ length: libraries }, (_, number) => ({ name: `lib${number}`, version: '1.0' }))
  const [alpha, ...others] = few as [SmallDistribution, ...SmallDistribution[]]
  const requires = [...(alpha.requires ?? []), ...more.map(({ name }) => name)]
  const distributions = [{ ...alpha, requires }, ...others, ...more]
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-world-'))
  const path = (name: string): string => join(dir, name)
  const files = distributions.flatMap(filesOf)
  await writeShipped(path('root'), distributions)
  const index = await startPackageIndex({ files })
  const base = await writeBase(path('base'), [{}])
  return {
    dir,
    index,
    base,
    path,
    request: {
      root: path('root'),
      services: ['alpha@2025.1'],
      output: `oci:${path('images')}`,
      base,
      platforms: ['linux/amd64'],
      format: 'oci',
      // Its base has no Python that runs.
      verify: false,
      cacheDir: path('cache'),
      indexUrl: index.url,
    },
    writeBase: (name, ...bases) => writeBase(path(name), bases),
    async close() {
      await index.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function writeShipped(root: string, distributions: readonly SmallDistribution[]): Promise<void> {
  const catalog = join(root, 'constraints/catalog')
  await ensureDir(catalog)
  await ensureDir(join(root, 'constraints/requirements'))
  await ensureDir(join(root, 'profiles'))
  const services = new Map(
    ['alpha', 'beta', 'gamma'].map((name) => [name, distributions.find((one) => one.name === name)!]),
  )
  writeFileSync(
    join(root, 'constraints/releases.json'),
    JSON.stringify({
      '2025.1': {
        series: 'epoxy',
        status: 'maintained',
        slurp: true,
        released: '2025-04-02',
        services: Object.fromEntries(
          [...services].map(([name, { version }]) => [name, { distribution: name, version }]),
        ),
      },
    }),
  )
  writeFileSync(
    join(root, 'constraints/2025.1.txt'),
    distributions.map(({ name, version }) => `${name}===${version}\n`).join(''),
  )
  writeFileSync(join(root, 'constraints/build-requirements.json'), '{"format":1,"wheels":[],"exceptions":[]}')
  const facts = distributions.map(
    ({ name, version, requires = [] }): Metadata => ({
      distribution: normalizeName(name),
      version,
      from: 'wheel',
      requires,
      extras: [],
    }),
  )
  writeFileSync(join(catalog, 'metadata.jsonl'), formatMetadata(facts))
  writeFileSync(join(catalog, 'unpinned.jsonl'), formatUnpinned({ versions: new Map() }))
  writeFileSync(
    join(catalog, 'files.txt'),
    formatFiles(
      distributions.map((one) => ({
        name: normalizeName(one.name),
        version: one.version,
        facts: filesOf(one).map(({ filename, bytes }) => ({
          filename,
          uploadTime,
          size: bytes.length,
          sha256: sha256(bytes).slice('sha256:'.length),
        })),
      })),
    ),
  )
  for (const name of services.keys())
    writeFileSync(
      join(root, `profiles/${name}.yaml`),
      [
        `service: ${name}`,
        `distribution: ${name}`,
        `user: {name: ${name}, uid: 42001, gid: 42001}`,
        'processes:',
        `  - name: ${name}-api`,
        `    command: [${name}-api, --verbose]`,
        '    port: 8080',
        '    health: /healthcheck',
        `directories: [/var/lib/${name}]`,
        '',
      ].join('\n'),
    )
}

function file(path: string, text: string, mode = 0o644): LayerEntry {
  const bytes = Buffer.from(text)
  return { type: 'file', path, mode, uid: 0, gid: 0, size: bytes.length, content: () => ({ bytes }) }
}

/** An OCI layout with one image for each of the bases. @returns `oci:DIR` */
async function writeBase(dir: string, bases: readonly SmallBase[]): Promise<string> {
  const store = openBlobStore(join(dir, 'blobs'))
  const manifests = []
  for (const { python = '3.11', glibc = '2.36', architecture = 'amd64', passwd, note = '' } of bases) {
    const status = `Package: libc6\nStatus: install ok installed\nVersion: ${glibc}-9${note}\n`
    const layer = await writeLayer(
      'root',
      [
        file('etc/group', 'root:x:0:\n'),
        file('etc/passwd', passwd ?? 'root:x:0:0:root:/root:/bin/sh\n'),
        file(`usr/bin/python${python}`, `ELF ${architecture}`, 0o755),
        file('var/lib/dpkg/status', status),
      ],
      store,
    )
    const put = async (bytes: Buffer, mediaType: string) => {
      await store.put(bytes)
      return { mediaType, digest: sha256(bytes), size: bytes.length }
    }
    const config = await put(
      encodeImageConfig({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.diffId] } }),
      mediaTypes.config,
    )
    const layers = [layer.descriptor]
    const manifest = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers })
    manifests.push({
      ...(await put(manifest, mediaTypes.manifest)),
      platform: { os: 'linux', architecture },
      annotations: new Map([[refNameAnnotation, 'base']]),
    })
  }
  await writeAtomic(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeAtomic(
    join(dir, 'index.json'),
    encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  )
  return `oci:${dir}`
}
