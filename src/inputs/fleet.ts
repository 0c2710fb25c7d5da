import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { dataDir } from '#io/data-dir.js'
import { existsSync, readBytesSync } from '#io/files.js'
import { type Constraints, parseConstraintsText } from './constraints-file.js'
import { type Override, overridden, overridesFor, parseOverrides } from './overrides.js'
import { keyOfText, parsedProfiles } from './parsed-profiles.js'
import {
  checkedProfile,
  checkedUpgrade,
  type ParsedProfile,
  type Profile,
  parseCheckedProfile,
  parseCheckedUpgrade,
} from './profile.js'
import { parseReleases, type Releases, releasesOf } from './releases.js'
import type { RequirementLine } from './requirement-line.js'
import { parseRequirementsText } from './requirements-file.js'
import { shippedRoot, shownPath } from './shipped-path.js'
import { decodeText } from './text-lines.js'
import type { UpgradeKeys } from './upgrade-steps.js'

export { shippedRoot, shownPath }

/** A file that an answer rests on. */
export interface InputFile {
  readonly id: string
  /** Relative to the shipped data, or as the user named it; `own/` begins a path in the user's own data. */
  readonly path: string
  readonly sha256: string
  /** Known to svcsplit without being named: no checkout of the user's has it. */
  readonly shipped: boolean
}

/** A user's own releases, profiles and overrides, beside what is shipped. */
interface OwnData {
  readonly root: string
  /** Names of its releases, oldest first. */
  readonly releases: readonly string[]
  readonly overrides: readonly Override[]
}

/**
 * What is known of releases, their constraints, the services' profiles and requirements files: what is shipped,
 * and what the user has beside it. Each file is read when it is first asked for, and counted among the inputs
 * from then on.
 */
export interface Fleet {
  /** Folder that holds the shipped `constraints/` and `profiles/`. */
  readonly root: string
  /** None where the user has neither releases nor overrides of their own. */
  readonly own?: OwnData
  /** Folders of facts from the index; what an earlier one says hides what later ones say. */
  readonly catalogDirs: readonly [string, ...string[]]
  readonly releases: Releases
  profile(service: string): Profile
  /** How the service is upgraded: the rest of its profile. */
  upgrade(service: string): UpgradeKeys
  /** The pins of a release, as a host has them. */
  constraints(release: string): Constraints
  /** The pins that a service has in an environment of its own: those of its release under the user's overrides. */
  constraintsOf(service: string, release: string): Constraints
  /** The service's own requirements file, where it is known. */
  requirements(service: string, release: string): readonly RequirementLine[] | undefined
  /** Counts a file of the user's among the inputs; its id gets a number where another file has it. */
  note(id: string, path: string, bytes: Uint8Array): void
  /** Sorted by id. */
  inputs(): readonly InputFile[]
}

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    if (!known.has(key)) known.set(key, make(key))
    return known.get(key)!
  }
}

const releasesPath = 'constraints/releases.json'
const overridesPath = 'overrides.yaml'

/** Both lists as one. @throws E-CAT-MIX where the user's own data names a release that is shipped */
function beside(shipped: Releases, own: Releases): Releases {
  const twice = own.list.find(({ name }) => shipped.byName.has(name))
  if (twice !== undefined)
    throw new SvcsplitError('E-CAT-MIX', `${twice.name} is a shipped release and one of your own`, {
      at: { path: own.path },
      hint: `give yours another name, or take it out of ${own.path}: two sets of pins are never mixed`,
    })
  return releasesOf(shipped.path, [...shipped.list, ...own.list])
}

/**
 * The shipped data of `root`, with the user's own of `ownFolder` beside it: by default the folder of `dataDir`,
 * unless another root is named; `false`: none.
 * @throws E-CAT-FORM, E-CAT-MIX, E-FS-*
 */
export function loadFleet(
  root: string = shippedRoot(),
  ownFolder: string | false = root === shippedRoot() ? (dataDir() ?? false) : false,
): Fleet {
  const ownRoot = ownFolder !== false && existsSync(ownFolder) ? ownFolder : undefined
  const read = new Map<string, { path: string; bytes: Uint8Array; shipped: boolean }>()

  function textOf(id: string, path: string, from = root): string {
    const bytes = readBytesSync(join(from, path))
    read.set(id, { path: from === root ? path : `own/${path}`, bytes, shipped: true })
    return decodeText(bytes, shown(path, from))
  }
  const shown = (path: string, from: string): string => (from === root ? path : `own/${path}`)
  /** The user's own file where there is one, else the shipped one. */
  const homeOf = (path: string): string =>
    ownRoot !== undefined && existsSync(join(ownRoot, path)) ? ownRoot : root

  const shipped = parseReleases(textOf('releases', releasesPath), releasesPath)
  const own = ownRoot === undefined ? undefined : readOwn(ownRoot)
  function readOwn(folder: string): { releases: Releases; overrides: readonly Override[] } | undefined {
    const has = (path: string): boolean => existsSync(join(folder, path))
    if (!has(releasesPath) && !has(overridesPath)) return undefined
    const path = join(folder, releasesPath)
    return {
      releases: has(releasesPath)
        ? parseReleases(textOf('own-releases', releasesPath, folder), path)
        : releasesOf(path, []),
      overrides: has(overridesPath)
        ? parseOverrides(textOf('own-overrides', overridesPath, folder), `own/${overridesPath}`)
        : [],
    }
  }
  let parsed: ReadonlyMap<string, ParsedProfile> | undefined
  const parsedOf = (text: string): ParsedProfile | undefined => {
    parsed ??= parsedProfiles(root)
    return parsed.get(keyOfText(text))
  }
  const profile = remembered((service) => {
    const path = `profiles/${service}.yaml`
    const from = homeOf(path)
    const text = textOf(`profile-${service}`, path, from)
    return from === root
      ? parseCheckedProfile(text, path, parsedOf(text))
      : checkedProfile(text, shown(path, from))
  })
  const upgrade = remembered((service) => {
    const path = `profiles/${service}.yaml`
    const from = homeOf(path)
    const text = textOf(`profile-${service}`, path, from)
    return from === root
      ? parseCheckedUpgrade(text, path, parsedOf(text))
      : checkedUpgrade(text, shown(path, from))
  })
  const constraints = remembered((release) => {
    const path = `constraints/${release}.txt`
    const from = homeOf(path)
    return parseConstraintsText(textOf(`constraints-${release}`, path, from), shown(path, from))
  })
  const changed = remembered((id) => {
    const [service = '', release = ''] = id.split('@')
    return overridden(constraints(release), overridesFor(own!.overrides, service, release))
  })
  const requirements = remembered((id) => {
    const path = `constraints/requirements/${id}.txt`
    const from = homeOf(path)
    if (!existsSync(join(from, path))) return undefined
    return parseRequirementsText(textOf(`requirements-${id}`, path, from), shown(path, from)).requirements
  })

  return {
    root,
    ...(own !== undefined && {
      own: {
        root: ownRoot!,
        releases: own.releases.list.map(({ name }) => name),
        overrides: own.overrides,
      },
    }),
    catalogDirs:
      own === undefined
        ? [join(root, 'constraints/catalog')]
        : [join(ownRoot!, 'constraints/catalog'), join(root, 'constraints/catalog')],
    releases: own === undefined ? shipped : beside(shipped, own.releases),
    profile,
    upgrade,
    constraints,
    constraintsOf: (service, release) =>
      own === undefined || own.overrides.length === 0
        ? constraints(release)
        : changed(`${service}@${release}`),
    requirements: (service, release) => requirements(`${service}-${release}`),
    note: (id, path, bytes) => {
      const shown = shownPath(path)
      let free = id
      for (let next = 2; (read.get(free)?.path ?? shown) !== shown; next += 1) free = `${id}-${next}`
      read.set(free, { path: shown, bytes, shipped: false })
    },
    inputs: () =>
      [...read]
        .map(([id, { path, bytes, shipped }]) => ({
          id,
          path,
          sha256: createHash('sha256').update(bytes).digest('hex'),
          shipped,
        }))
        .sort((one, other) => (one.id < other.id ? -1 : 1)),
  }
}

/** The same with one profile, of a user's own file, in place of that of its service. */
export function withProfile(fleet: Fleet, profile: Profile): Fleet {
  return {
    ...fleet,
    profile: (service) => (service === profile.service ? profile : fleet.profile(service)),
  }
}
