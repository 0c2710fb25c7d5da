import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SvcsplitError } from '#errors.js'
import type { Image } from '#image/assemble.js'
import { dataDir } from '#io/data-dir.js'
import { waitingFolder } from '#io/file-set.js'
import { listDir, readBytesSync, readText, statusOf, statusOfSync } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { parseImageConfig } from '#oci/config.js'
import { sha256 } from '#oci/digest.js'
import { parseManifest } from '#oci/manifest.js'
import { parsePlatform } from '#oci/platform.js'
import { toolVersion } from '#version.js'

/**
 * What an image of a service release came out as, kept under a digest of everything that it follows from: the
 * shipped data, the profiles, the arguments, and the code. With nothing changed, it is neither solved nor
 * planned again.
 */
interface KeptImage<Told> {
  readonly image: Image
  /** The layout that has the base's blobs. */
  readonly baseLayout: string
  readonly told: Told
}

/** Raised when records have another form. */
const keptFormat = 1
const maxBytes = 4 * 1024 * 1024

const here = dirname(fileURLToPath(import.meta.url))

/** Where the program has its code, in few files: the first is where this module is. */
const program = ['chunks', 'libraries', 'layers']

/** Folders whose code decides what an image consists of. */
const deciding =
  basename(here) === program[0]
    ? program
    : [
        ...[
          'pep',
          'oci',
          'inputs',
          'catalog',
          'surface',
          'solver',
          'collisions',
          'lock',
          'wheels',
          'wheelhouse',
        ],
        ...['base', 'layers', 'image', 'verbs'],
      ]

/** Folders of data that a build reads. */
const dataFolders = [
  ...['constraints', 'constraints/catalog', `constraints/catalog/${waitingFolder}`],
  ...['constraints/requirements', 'profiles'],
]

/**
 * A digest of the data, shipped and the user's own, by content, and of the code by size and time: a new build of it
 * is new code.
 */
export async function stateOf(dataRoot?: string): Promise<string> {
  const source = dirname(here)
  const root = dataRoot ?? dirname(source)
  const hash = createHash('sha256').update(`${keptFormat} ${toolVersion()}\n`)
  const own = dataRoot === undefined ? dataDir() : undefined
  const places = [
    ...dataFolders.map((folder) => ['shipped', root, folder] as const),
    // a user's own has its overrides beside them
    ...(own === undefined ? [] : ['.', ...dataFolders].map((folder) => ['own', own, folder] as const)),
  ]
  for (const [whose, place, folder] of places)
    for (const path of await dataFiles(join(place, folder)))
      hash.update(`${whose} ${folder} ${basename(path)}\n`).update(readBytesSync(path))
  const folders = await Promise.all(deciding.map(async (name) => filesOf(join(source, name))))
  for (const [path, size, time] of folders.flat()) hash.update(`${path} ${size} ${time}\n`)
  return hash.digest('hex')
}

async function dataFiles(folder: string): Promise<readonly string[]> {
  if ((await statusOf(folder)) === undefined) return []
  return (await listDir(folder))
    .filter((name) => /\.(?:ya?ml|json|jsonl|txt)$/.test(name) && name !== 'entry-points.jsonl')
    .map((name) => join(folder, name))
}

async function filesOf(folder: string): Promise<readonly (readonly [string, number, number])[]> {
  if ((await statusOf(folder)) === undefined) return []
  const names = (await listDir(folder)).filter((name) => /\.c?[jt]s$/.test(name) && !name.endsWith('.d.ts'))
  return names.map((name) => {
    const status = statusOfSync(join(folder, name))
    return [name, status?.size ?? 0, status?.mtimeMs ?? 0] as const
  })
}

function recordPath(cacheDir: string, key: readonly unknown[]): string {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex')
  return join(cacheDir, 'images', `${name}.json`)
}

/** The image that was kept under a key; none if its base is no longer the same, or the record cannot be read. */
export async function recallImage<Told>(
  cacheDir: string,
  key: readonly unknown[],
): Promise<KeptImage<Told> | undefined> {
  try {
    const record = JSON.parse(await readText(recordPath(cacheDir, key), { maxBytes }))
    const manifestBytes = Buffer.from(String(record.manifest))
    const configBytes = Buffer.from(String(record.config))
    const manifest = parseManifest(manifestBytes)
    const { layout, index } = record.base as { layout: string; index: string }
    // Another index may name another base.
    if (sha256(configBytes) !== manifest.config.digest || (await indexOf(layout)) !== index) return undefined
    const descriptor = {
      mediaType: manifest.mediaType,
      digest: sha256(manifestBytes),
      size: manifestBytes.length,
      platform: parsePlatform(String(record.platform)),
    }
    if (descriptor.digest !== record.digest) return undefined
    const config = parseImageConfig(configBytes)
    return {
      image: { manifest, manifestBytes, config, configBytes, descriptor },
      baseLayout: layout,
      told: record.told as Told,
    }
  } catch (error) {
    if (error instanceof SvcsplitError || error instanceof SyntaxError) return undefined
    throw error
  }
}

export async function keepImage<Told>(
  cacheDir: string,
  key: readonly unknown[],
  { image, baseLayout, told }: KeptImage<Told>,
): Promise<void> {
  const { os, architecture, variant } = image.config
  const record = {
    digest: image.descriptor.digest,
    platform: [os, architecture, variant].filter((part) => part !== undefined).join('/'),
    base: { layout: baseLayout, index: await indexOf(baseLayout) },
    manifest: image.manifestBytes.toString(),
    config: image.configBytes.toString(),
    told,
  }
  await writeAtomic(recordPath(cacheDir, key), JSON.stringify(record), { durable: false })
}

async function indexOf(layout: string): Promise<string> {
  return sha256(await readText(join(layout, 'index.json'), { maxBytes }))
}
