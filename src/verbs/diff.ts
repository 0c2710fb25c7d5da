import type { Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import { historyPrefix } from '#image/assemble.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { readText } from '#io/files.js'
import { planLayers } from '#layers/plan.js'
import type { Lock } from '#lock/lock.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { parseImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import { parseManifest } from '#oci/manifest.js'
import { parsePlatform } from '#oci/platform.js'
import type { Progress } from '#progress.js'
import { parsePlace } from '#registry/destination.js'
import { imageFor } from '#registry/image-graph.js'
import type { ImageSource } from '#registry/image-source.js'
import { layoutSource, rootOfLayout } from '#registry/layout-source.js'
import { openRegistry } from '#registry/registry.js'
import { shippedSnapshot } from './known-data.js'
import { lockRelease } from './lock.js'
import { targetOf } from './service-parts.js'
import { sharing } from './sharing.js'

export interface DiffRequest {
  /** `glance@2025.1`, a pylock file, `oci:DIR[:NAME]` or a registry reference. */
  readonly from: string
  readonly to: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly glibc: string
  readonly root?: string
  readonly plainHttp?: boolean
  readonly progress?: Progress
}

interface Layer {
  /** What makes it the same layer: a digest, or the files of a planned one. */
  readonly key: string
  readonly bytes: number
}

/** One side of a comparison; what is not known of it is absent. */
interface Side {
  readonly kind: 'release' | 'lock' | 'image'
  readonly versions: ReadonlyMap<string, string>
  readonly layers: readonly Layer[]
  /** Name -> command line. */
  readonly processes?: ReadonlyMap<string, string>
}

export interface Difference {
  readonly from: string
  readonly to: string
  readonly distributions: Changes
  readonly layers: { readonly kept: number; readonly new: number; readonly gone: number }
  /** Bytes that whoever has `from` lacks of `to`. */
  readonly transfer: number
  /** Whether they are those of layers; else of the wheels in them, without the base. */
  readonly exact: boolean
  /** None where one side does not tell, as locks do not. */
  readonly processes?: Changes
}

/** Each list sorted by name. */
export interface Changes {
  readonly added: readonly { readonly name: string; readonly value: string }[]
  readonly removed: readonly { readonly name: string; readonly value: string }[]
  readonly changed: readonly { readonly name: string; readonly from: string; readonly to: string }[]
}

/** What changes from one service release, lock or image to another. @throws E-LCK-*, E-IMG-*, E-REG-*, E-FS-* */
export async function diff(request: DiffRequest): Promise<Difference> {
  return compare(request, openFacts(request.root))
}

/** `diff` with what a run has open. */
export async function compare(request: DiffRequest, facts: Facts): Promise<Difference> {
  const [from, to] = [await sideOf(request, facts, request.from), await sideOf(request, facts, request.to)]
  if ((from.kind === 'image') !== (to.kind === 'image'))
    throw new SvcsplitError('E-CLI-USAGE', 'an image can be compared with another image alone', {
      hint: 'a lock and a service release have no layers yet: build first, or compare their locks',
    })
  const before = new Set(from.layers.map(({ key }) => key))
  const after = new Set(to.layers.map(({ key }) => key))
  const fresh = to.layers.filter(({ key }) => !before.has(key))
  return {
    from: request.from,
    to: request.to,
    distributions: changes(from.versions, to.versions),
    layers: {
      kept: to.layers.length - fresh.length,
      new: fresh.length,
      gone: from.layers.filter(({ key }) => !after.has(key)).length,
    },
    transfer: fresh.reduce((sum, { bytes }) => sum + bytes, 0),
    exact: to.kind === 'image',
    ...(from.processes === undefined || to.processes === undefined
      ? {}
      : { processes: changes(from.processes, to.processes) }),
  }
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Changes {
  const sorted = (map: ReadonlyMap<string, string>): [string, string][] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const only = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    sorted(some).flatMap(([name, value]) => (others.has(name) ? [] : [{ name, value }]))
  return {
    added: only(after, before),
    removed: only(before, after),
    changed: sorted(before).flatMap(([name, from]) => {
      const to = after.get(name)
      return to === undefined || to === from ? [] : [{ name, from, to }]
    }),
  }
}

/** The shipped data of a run. */
export interface Facts {
  readonly fleet: Fleet
  snapshot(): Snapshot
}

export function openFacts(root: string | undefined): Facts {
  const fleet = loadFleet(root)
  let snapshot: Snapshot | undefined
  return {
    fleet,
    snapshot: () => {
      snapshot ??= shippedSnapshot(fleet)
      return snapshot
    },
  }
}

async function sideOf(request: DiffRequest, facts: Facts, text: string): Promise<Side> {
  if (text.endsWith('.toml')) return lockSide(facts, parsePylock(await readText(text), text), 'lock')
  if (/^(?:oci|registry):/.test(text) || text.includes('/')) return imageSide(request, text)
  const { fleet } = facts
  const { service, release, processes } = targetOf(fleet, text)
  const { python, platform, glibc } = request
  const lock = lockRelease(fleet, facts.snapshot(), { service, release, python, platform, glibc })
  return {
    ...(await lockSide(facts, lock, 'release')),
    processes: new Map(processes.map(({ name, command }) => [name, command.join(' ')])),
  }
}

/** Layers as they would be planned: the same files in one group are the same layer. */
async function lockSide({ fleet, snapshot }: Facts, lock: Lock, kind: Side['kind']): Promise<Side> {
  const files = new Map(lock.distributions.map((one) => [one.name, (one.wheel ?? one.sdist)!]))
  const groups = planLayers({
    distributions: lock.distributions.map(({ name, version }) => ({
      name,
      version,
      size: files.get(name)!.size,
    })),
    root: lock.root,
    ...(await sharing({ fleet, snapshot: snapshot() }, lock)),
  })
  return {
    kind,
    versions: new Map(lock.distributions.map(({ name, version }) => [name, version])),
    layers: groups.map(({ distributions }) => ({
      key: distributions.map((name) => files.get(name)!.sha256).join(),
      bytes: distributions.reduce((sum, name) => sum + files.get(name)!.size, 0),
    })),
  }
}

async function imageSide(request: DiffRequest, text: string): Promise<Side> {
  const place = parsePlace(text)
  const { plainHttp, progress, platform } = request
  const registry = openRegistry({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(progress === undefined ? {} : { progress }),
  })
  try {
    const source = place.kind === 'layout' ? layoutSource(place.layout.dir) : registry.source(place.reference)
    const root =
      place.kind === 'layout' ? await rootOfLayout(place.layout) : await registry.resolve(place.reference)
    if (root === undefined) throw new SvcsplitError('E-REG-UNKNOWN', `${text} is not in the registry`)
    const found = await imageFor(source, root, parsePlatform(platform))
    const manifest = parseManifest(await source.document(found))
    const config = parseImageConfig(await bytesOf(source, manifest.config))
    const told = (config.history ?? []).flatMap(({ created_by = '' }) => distributionsIn(created_by))
    return {
      kind: 'image',
      versions: new Map(told),
      layers: manifest.layers.map(({ digest, size }) => ({ key: digest, bytes: size })),
      processes: new Map([['command', (config.config?.Cmd ?? []).join(' ')]]),
    }
  } finally {
    await registry.close()
  }
}

/** A blob that is small enough to be held: a configuration. */
async function bytesOf(source: ImageSource, descriptor: Descriptor): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const content = await source.blob(descriptor)
  for await (const chunk of content.chunks(0, descriptor.size)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The history of svcsplit's images names what each layer holds: `svcsplit: libraries: a 1, b 2`. */
function distributionsIn(line: string): readonly (readonly [string, string])[] {
  if (!line.startsWith(historyPrefix)) return []
  const list = /: ((?:[a-z0-9][a-z0-9._-]* [^ ,]+(?:, |$))+)$/.exec(line.slice(historyPrefix.length - 2))?.[1]
  return (list ?? '').split(', ').flatMap((item) => {
    const [name, version] = item.split(' ')
    return name === undefined || version === undefined ? [] : [[name, version] as const]
  })
}
