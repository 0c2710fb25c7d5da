import { openFactCache } from '#io/fact-cache.js'
import type { DistributionName } from '#pep/name.js'
import {
  type InstalledWheel,
  type InstallOptions,
  installWheelBytes,
  readWheelFile,
} from '#wheels/install-wheel.js'
import { hasPlaces, keepPlaces, knownPlaces, type PlacedWheel } from '#wheels/placed-files.js'
import type { WheelBytes } from './wheel-layer.js'

/** A wheel that is to be installed, and where its file lies. */
export interface WheelSource {
  readonly name: DistributionName
  readonly version: string
  readonly filename: string
  /** Hex. */
  readonly sha256: string
  readonly path: string
  /** Whether somebody asked for it; of a service, the service's own distribution. */
  readonly requested: boolean
}

/** Where the wheels go, and where it is kept what they put where. */
export interface ReaderOptions {
  readonly prefix: string
  readonly python: string
  readonly cacheDir: string
}

export interface WheelReader {
  readonly read: (sources: readonly WheelSource[]) => readonly InstalledWheel[]
  readonly bytesOf: WheelBytes
  /** What a wheel puts where: as an earlier run kept it, else by reading the wheel. */
  readonly places: (source: WheelSource) => Promise<PlacedWheel>
  /** The same of a wheel that is read in any case. */
  readonly placesByReading: (source: WheelSource) => Promise<PlacedWheel>
  /** Those of which nothing was kept or read. */
  readonly unread: (sources: readonly WheelSource[]) => Promise<readonly WheelSource[]>
}

/** So many bytes of wheels are kept between looking at them and writing them; others are read a second time. */
const keptBytes = 16 * 1024 ** 2

/** Reads each wheel once, and only when somebody asks for it. */
export function wheelReader({ prefix, python, cacheDir }: ReaderOptions): WheelReader {
  const read = new Map<WheelSource, InstalledWheel>()
  const kept = new Map<string, Buffer>()
  let room = keptBytes
  const facts = openFactCache(cacheDir)
  const asked = new Map<WheelSource, Promise<PlacedWheel | undefined>>()
  const optionsOf = ({ filename, sha256, requested }: WheelSource): InstallOptions => ({
    ...{ filename, sha256, requested, prefix, python },
  })
  const known = (source: WheelSource): Promise<PlacedWheel | undefined> => {
    const found = asked.get(source) ?? knownPlaces(facts, optionsOf(source))
    asked.set(source, found)
    return found
  }
  const install = (source: WheelSource): InstalledWheel => {
    const before = read.get(source)
    if (before !== undefined) return before
    const { path } = source
    const bytes = readWheelFile(path)
    const wheel = installWheelBytes(bytes, path, optionsOf(source))
    read.set(source, wheel)
    if (bytes.length <= room) {
      room -= bytes.length
      kept.set(path, bytes)
    }
    return wheel
  }
  return {
    read: (sources) => sources.map(install),
    bytesOf: ({ path }) => kept.get(path) ?? readWheelFile(path),
    async places(source) {
      const placed = read.get(source) ?? (await known(source))
      if (placed !== undefined) return placed
      const wheel = install(source)
      await keepPlaces(facts, wheel, optionsOf(source))
      return wheel
    },
    async placesByReading(source) {
      const wheel = install(source)
      if (!hasPlaces(facts, optionsOf(source))) await keepPlaces(facts, wheel, optionsOf(source))
      return wheel
    },
    async unread(sources) {
      const places = await Promise.all(sources.map((source) => read.get(source) ?? known(source)))
      return sources.filter((_, position) => places[position] === undefined)
    },
  }
}
