import { openFactCache } from '#io/fact-cache.js'
import type { DistributionName } from '#pep/name.js'
import {
  type InstalledWheel,
  type InstallOptions,
  installWheelBytes,
  readWheelFile,
} from '#wheels/install-wheel.js'
import { hasPlaces, keepPlaces, knownPlaces, type PlacedWheel } from '#wheels/placed-files.js'
import type { ReadWheel } from './wheel-layer.js'

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
  /** Their bytes are not kept: who wants them a second time has them read a second time. */
  readonly read: (sources: readonly WheelSource[]) => readonly ReadWheel[]
  /** What a wheel puts where: as an earlier run kept it, else by reading the wheel. */
  readonly places: (source: WheelSource) => Promise<PlacedWheel>
  /** The same of a wheel that is read in any case. */
  readonly placesByReading: (source: WheelSource) => Promise<PlacedWheel>
  /** Those of which nothing was kept or read. */
  readonly unread: (sources: readonly WheelSource[]) => Promise<readonly WheelSource[]>
}

/** Reads wheels only when somebody asks for them, and looks at what is in each once. */
export function wheelReader({ prefix, python, cacheDir }: ReaderOptions): WheelReader {
  const read = new Map<WheelSource, InstalledWheel>()
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
  const install = (source: WheelSource): ReadWheel => {
    const { path } = source
    const archive = readWheelFile(path)
    const wheel = read.get(source) ?? installWheelBytes(archive, path, optionsOf(source))
    read.set(source, wheel)
    return { ...wheel, archive }
  }
  return {
    read: (sources) => sources.map(install),
    async places(source) {
      const placed = read.get(source) ?? (await known(source))
      if (placed !== undefined) return placed
      const wheel = install(source)
      await keepPlaces(facts, wheel, optionsOf(source))
      return wheel
    },
    async placesByReading(source) {
      const wheel = read.get(source) ?? install(source)
      if (!hasPlaces(facts, optionsOf(source))) await keepPlaces(facts, wheel, optionsOf(source))
      return wheel
    },
    async unread(sources) {
      const places = await Promise.all(sources.map((source) => read.get(source) ?? known(source)))
      return sources.filter((_, position) => places[position] === undefined)
    },
  }
}
