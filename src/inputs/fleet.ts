import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { existsSync, readBytesSync } from '#io/files.js'
import { type Constraints, parseConstraintsText } from './constraints-file.js'
import { type Profile, parseCheckedProfile } from './profile.js'
import { parseReleases, type Releases } from './releases.js'
import type { RequirementLine } from './requirement-line.js'
import { parseRequirementsText } from './requirements-file.js'
import { shippedRoot, shownPath } from './shipped-path.js'
import { decodeText } from './text-lines.js'

export { shippedRoot, shownPath }

/** A file that an answer rests on. */
export interface InputFile {
  readonly id: string
  /** Relative to the shipped data, or as the user named it. */
  readonly path: string
  readonly sha256: string
}

/**
 * What is shipped: releases, their constraints, the services' profiles and requirements files. Each file is
 * read when it is first asked for, and counted among the inputs from then on.
 */
export interface Fleet {
  /** Folder that holds `constraints/` and `profiles/`. */
  readonly root: string
  readonly releases: Releases
  profile(service: string): Profile
  constraints(release: string): Constraints
  /** The service's own requirements file, where it is known. */
  requirements(service: string, release: string): readonly RequirementLine[] | undefined
  /** Counts a file among the inputs. */
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

export function loadFleet(root: string = shippedRoot()): Fleet {
  const read = new Map<string, { path: string; bytes: Uint8Array }>()

  function textOf(id: string, path: string): string {
    const bytes = readBytesSync(join(root, path))
    read.set(id, { path, bytes })
    return decodeText(bytes, path)
  }

  const releases = parseReleases(textOf('releases', 'constraints/releases.json'), 'constraints/releases.json')
  const profile = remembered((service) => {
    const path = `profiles/${service}.yaml`
    return parseCheckedProfile(textOf(`profile-${service}`, path), path)
  })
  const constraints = remembered((release) => {
    const path = `constraints/${release}.txt`
    return parseConstraintsText(textOf(`constraints-${release}`, path), path)
  })
  const requirements = remembered((id) => {
    const path = `constraints/requirements/${id}.txt`
    if (!existsSync(join(root, path))) return undefined
    return parseRequirementsText(textOf(`requirements-${id}`, path), path).requirements
  })

  return {
    root,
    releases,
    profile,
    constraints,
    requirements: (service, release) => requirements(`${service}-${release}`),
    note: (id, path, bytes) => {
      read.set(id, { path: shownPath(path), bytes })
    },
    inputs: () =>
      [...read]
        .map(([id, { path, bytes }]) => ({
          id,
          path,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        }))
        .sort((one, other) => (one.id < other.id ? -1 : 1)),
  }
}
