import { SvcsplitError } from '#errors.js'
import { layoutBlob } from '#image/layout.js'
import { readLayer, refuseLayer, whiteout } from '#io/read-layer.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import { parseCoreMetadata } from '#pep/core-metadata.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { type Licence, licenceOf } from './licence.js'
import {
  parseSystemPackages,
  parseSystemRelease,
  type SystemPackage,
  type SystemRelease,
} from './system-facts.js'

/** A distribution as it lies in an image. */
export interface InstalledDistribution {
  readonly name: DistributionName
  /** As its metadata writes it. */
  readonly rawName: string
  readonly version: string
  /** Where its metadata lies, relative to `/`. */
  readonly folder: string
  readonly summary?: string
  readonly licence: Licence
}

/** What one file of a layer says. */
export type FileFact =
  | { readonly kind: 'distribution'; readonly distribution: InstalledDistribution }
  | { readonly kind: 'packages'; readonly packages: readonly SystemPackage[] }
  | { readonly kind: 'system'; readonly system: SystemRelease }
  /** A file that should say something and does not. */
  | { readonly kind: 'unclear'; readonly problem: string }

/** What a layer has to say, by path relative to `/`, and what it takes away from the layers below it. */
interface LayerFacts {
  readonly files: ReadonlyMap<string, FileFact>
  /** Paths that a whiteout names (image-spec, layer.md); of an opaque one, the folder. */
  readonly removed: readonly string[]
}

export type LayerReader = (dir: string, layer: Descriptor) => Promise<LayerFacts>

/** The metadata of a distribution directly in a folder of installed ones: vendored copies are plain files. */
const metadataForm =
  /^(?:.*\/)?(?:site|dist)-packages\/([^/]+)\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/
const statusForm = /^var\/lib\/dpkg\/status(?:\.d\/(?!.*\.md5sums$)[^/]+)?$/
const releaseForm = /^(?:usr\/lib|etc)\/os-release$/

/** A readme may be long; nothing legitimate comes near. */
const maxMetadata = 16 * 1024 ** 2
const maxStatus = 64 * 1024 ** 2
const maxUnpacked = 16 * 1024 ** 3
const maxFacts = 100_000

/** Reads each layer once, however many images stand on it. Bytes are held against the digest on the way. */
export function openLayerReader(): LayerReader {
  const read = new Map<Digest, Promise<LayerFacts>>()
  return (dir, layer) => {
    const known = read.get(layer.digest) ?? readFacts(dir, layer)
    read.set(layer.digest, known)
    return known
  }
}

/** @throws SvcsplitError E-IMG-FORM, E-IMG-DIGEST, E-FS-* */
async function readFacts(dir: string, layer: Descriptor): Promise<LayerFacts> {
  const path = layoutBlob(dir, layer.digest)
  const files = new Map<string, FileFact>()
  const removed: string[] = []
  let current = ''
  const walker = tarWalker(
    {
      entry(entry) {
        const gone = whiteout(entry.path)
        if (gone !== undefined) removed.push(gone)
        if (entry.type === '5' || !isWanted(entry.path)) return false
        if (files.size === maxFacts) throw tooLarge(path, `more than ${maxFacts} distributions`)
        current = entry.path
        const problem = unreadable(entry)
        // a link from one os-release to the other says nothing of its own
        if (problem !== undefined && !releaseForm.test(current))
          files.set(current, nameless(current, problem))
        return problem === undefined
      },
      file(bytes) {
        files.set(current, factOf(current, bytes.toString('utf8')))
      },
    },
    refuseLayer(path),
  )
  let unpacked = 0
  await readLayer(path, layer, (chunk) => {
    unpacked += chunk.length
    if (unpacked > maxUnpacked) throw tooLarge(path, `more than ${maxUnpacked} bytes`)
    walker.push(chunk)
  })
  walker.end()
  return { files, removed }
}

function tooLarge(path: string, what: string): SvcsplitError {
  return new SvcsplitError('E-IMG-FORM', `the layer holds ${what}`, { at: { path } })
}

function isWanted(path: string): boolean {
  return (
    statusForm.test(path) ||
    releaseForm.test(path) ||
    // the cheap question first: an image has a hundred thousand files
    ((path.endsWith('/METADATA') || path.endsWith('/PKG-INFO') || path.endsWith('.egg-info')) &&
      metadataForm.test(path))
  )
}

function unreadable({ type, path, size }: ReadTarEntry): string | undefined {
  if (type !== '0') return 'a link'
  return size > (statusForm.test(path) ? maxStatus : maxMetadata) ? `${size} bytes long` : undefined
}

function factOf(path: string, text: string): FileFact {
  if (statusForm.test(path)) return { kind: 'packages', packages: parseSystemPackages(text) }
  if (releaseForm.test(path)) {
    const system = parseSystemRelease(text)
    return system === undefined ? { kind: 'unclear', problem: 'it has no ID' } : { kind: 'system', system }
  }
  try {
    const metadata = parseCoreMetadata(text)
    const { name, version, summary } = metadata
    return {
      kind: 'distribution',
      distribution: {
        name: normalizeName(name),
        rawName: name,
        version,
        folder: folderOf(path),
        ...(summary === undefined || summary === '' || summary === 'UNKNOWN' ? {} : { summary }),
        licence: licenceOf(metadata),
      },
    }
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    return nameless(path, error.message)
  }
}

/** Where the metadata cannot be had, the name of its folder says name and version (PEP 376, PEP 427). */
function nameless(path: string, problem: string): FileFact {
  const parts = /^([^-]+)-([^-]+)(?:-py3[^-]*)?$/.exec(metadataForm.exec(path)?.[1] ?? '')
  if (parts === null || !isValidName(parts[1]!)) return { kind: 'unclear', problem }
  return {
    kind: 'distribution',
    distribution: {
      name: normalizeName(parts[1]!),
      rawName: parts[1]!,
      version: parts[2]!.replaceAll('_', '-'),
      folder: folderOf(path),
      licence: { names: [] },
    },
  }
}

function folderOf(path: string): string {
  return path.endsWith('.egg-info') ? path : path.slice(0, path.lastIndexOf('/'))
}
