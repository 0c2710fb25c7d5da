import { type FileOrigin, placed, SvcsplitError } from '#errors.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { contradictionIn } from './profile-check.js'
import { profileSchema } from './profile-schema.js'
import { type ReadInput, readInput } from './requirements-file.js'
import { decodeText } from './text-lines.js'
import { type RawUpgradeKeys, type UpgradeKeys, upgradeKeysOf } from './upgrade-steps.js'
import { uwsgiCommand } from './wsgi-server.js'
import {
  checkSchema,
  parseYaml,
  placeAt,
  plainData,
  refuseOddYaml,
  type YamlFile,
  type YamlKind,
} from './yaml-file.js'

export interface Process {
  readonly name: string
  /** Program and arguments; no shell. */
  readonly command: readonly string[]
  /** `module:name` of the WSGI application that it serves, or `module:name()` of what makes it. */
  readonly wsgi?: string
  readonly port?: number
  /** What answers with a success on that port while the process is well: `/healthcheck`. */
  readonly health?: string
  /** Scripts whose place it takes. */
  readonly replaces?: readonly string[]
  /** Whether only some deployments run it. */
  readonly optional?: boolean
  /** The releases that have it, as `>=2023.1,<2026.1`; all if left out. */
  readonly releases?: string
}

/** What the service needs and does not declare. */
interface Addition {
  /** By PEP 508. */
  readonly requirement: string
  /** The releases that need it; all if left out. */
  readonly releases?: string
  readonly reason?: string
  readonly at: FileOrigin
}

/** Modules of a system library, for the distribution's own Python alone. */
export interface Binding {
  /** Of the base. */
  readonly package: string
  /** Top-level modules. */
  readonly imports: readonly string[]
  /** What has the same modules on the package index. */
  readonly distribution?: string
  /** The lowest upstream version that the service takes. */
  readonly floor?: string
  readonly for?: string
  /** Whether images are made without it. */
  readonly optional?: boolean
  readonly releases?: string
}

/** What the user of a service may run as root: a program of the environment, arguments as sudoers(5) has them. */
interface SudoRule {
  readonly command: string
  readonly releases?: string
}

/** What one service needs to run. */
export interface Profile {
  readonly service: string
  readonly distribution: string
  readonly extras: readonly string[]
  /** Demands by the profile, not by the service. */
  readonly additions: readonly Addition[]
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number }
  readonly processes: readonly Process[]
  /** Packages of the base, by its suite (`bookworm`); under `all` those of every suite. */
  readonly systemPackages: {
    readonly run: ReadonlyMap<string, readonly string[]>
    readonly build: ReadonlyMap<string, readonly string[]>
  }
  readonly bindings: readonly Binding[]
  /** Folders that belong to the user. */
  readonly directories: readonly string[]
  /** A folder of the environment -> where the service looks for it (`etc/glance` -> `/etc/glance`). */
  readonly data: ReadonlyMap<string, string>
  /** Where the configuration of rootwrap lies. */
  readonly rootwrap?: string
  readonly sudoers: readonly SudoRule[]
  readonly origin: FileOrigin
}

const kind: YamlKind = { what: 'the profile', syntax: 'E-PRF-SYNTAX', schema: 'E-PRF-SCHEMA' }

interface RawProfile {
  readonly service: string
  readonly distribution: string
  readonly extras?: readonly string[]
  readonly additions?: readonly (string | Omit<Addition, 'at'>)[]
  readonly user: Profile['user']
  readonly processes?: readonly (Omit<Process, 'command'> & Partial<Process>)[]
  readonly systemPackages?: {
    readonly run?: Readonly<Record<string, readonly string[]>>
    readonly build?: Readonly<Record<string, readonly string[]>>
  }
  readonly bindings?: readonly Binding[]
  readonly directories?: readonly string[]
  readonly data?: Readonly<Record<string, string>>
  readonly rootwrap?: string
  readonly sudoers?: readonly SudoRule[]
}

/** What the text of a profile says, before it is a profile: plain data, which JSON can hold. */
export interface ParsedProfile {
  readonly raw: unknown
  /** Where each addition stands; the file is known to whoever reads it. */
  readonly additions: readonly Omit<FileOrigin, 'path'>[]
  /** The keys that only a plan asks for. */
  readonly upgrade: unknown
}

/** From text without `upgrade`. */
function partsOf(parsed: YamlFile): Omit<ParsedProfile, 'upgrade'> {
  const raw = plainData(parsed) as RawProfile
  const additions = (raw.additions ?? []).map((_, index) => {
    const { path, ...place } = placeAt(parsed, `/additions/${index}`)
    return place
  })
  return { raw, additions }
}

function toProfile(parts: Omit<ParsedProfile, 'upgrade'>, path: string): Profile {
  const raw = parts.raw as RawProfile
  const { extras = [], additions = [] } = raw
  return {
    service: raw.service,
    distribution: raw.distribution,
    extras,
    additions: additions.map((addition, index) => ({
      ...(typeof addition === 'string' ? { requirement: addition } : addition),
      at: { path, ...parts.additions[index]! },
    })),
    user: raw.user,
    processes: (raw.processes ?? []).map((process) => ({ ...process, command: commandOf(process) })),
    systemPackages: {
      run: new Map(Object.entries(raw.systemPackages?.run ?? {})),
      build: new Map(Object.entries(raw.systemPackages?.build ?? {})),
    },
    bindings: raw.bindings ?? [],
    directories: raw.directories ?? [],
    data: new Map(Object.entries(raw.data ?? {})),
    ...(raw.rootwrap === undefined ? {} : { rootwrap: raw.rootwrap }),
    sudoers: raw.sudoers ?? [],
    origin: { path, line: 1 },
  }
}

/** What starts a process that names no command. */
function commandOf({ name, command, wsgi, port }: Omit<Process, 'command'> & Partial<Process>) {
  if (command !== undefined) return command
  return wsgi === undefined ? [name] : uwsgiCommand(wsgi, port!)
}

/** An addition as a requirement. */
export function additionOf({ requirement, at }: Addition): Requirement {
  try {
    return parseRequirement(requirement)
  } catch (error) {
    throw placed(error, at)
  }
}

/** Where the keys begin that only a plan asks for; they come last, are the longest, and YAML is slow to read. */
function startOfUpgrade(text: string): number {
  const found = /^(?:upgrade|edges):/m.exec(text)
  return found?.index ?? text.length
}

/** The text of a profile that tests have checked already (the shipped ones): no schema is compiled. */
export function parseProfileText(text: string, path: string): ParsedProfile {
  const start = startOfUpgrade(text)
  const [first, last] = [text.slice(0, start), text.slice(start)]
  return {
    ...partsOf(parseYaml(first, path, kind)),
    upgrade: last === '' ? {} : plainData(parseYaml(last, path, kind)),
  }
}

/** A profile from such text; `parsed` is what was read from it before, if it was. */
export function parseCheckedProfile(text: string, path: string, parsed?: ParsedProfile): Profile {
  const parts = parsed ?? partsOf(parseYaml(text.slice(0, startOfUpgrade(text)), path, kind))
  return toProfile(parts, path)
}

/** How the service of such a profile is upgraded. */
export function parseCheckedUpgrade(text: string, path: string, parsed?: ParsedProfile): UpgradeKeys {
  if (parsed !== undefined) return upgradeKeysOf(parsed.upgrade as RawUpgradeKeys)
  const last = text.slice(startOfUpgrade(text))
  return upgradeKeysOf(last === '' ? {} : (plainData(parseYaml(last, path, kind)) as RawUpgradeKeys))
}

/** How the service of a user's own profile is upgraded; its keys may come in any order. */
export function checkedUpgrade(text: string, path: string): UpgradeKeys {
  const parsed = parseYaml(text, path, kind)
  refuseOddYaml(parsed)
  checkSchema(parsed, profileSchema)
  return upgradeKeysOf(plainData(parsed) as RawUpgradeKeys)
}

/** A profile from text; `E-PRF-SYNTAX` and `E-PRF-SCHEMA` with line and column. */
export async function parseProfile(text: string, path: string): Promise<Profile> {
  return checkedProfile(text, path)
}

/** As `parseProfile`, at once: for a user's own profile among the shipped ones. */
export function checkedProfile(text: string, path: string): Profile {
  const parsed = parseYaml(text, path, kind)
  refuseOddYaml(parsed)
  checkSchema(parsed, profileSchema)
  const profile = toProfile(partsOf(parsed), path)
  for (const addition of profile.additions) additionOf(addition)
  const problem = contradictionIn(profile)
  if (problem === undefined) return profile
  const { message, hint, pointer } = problem
  throw new SvcsplitError(kind.schema, message, { at: placeAt(parsed, pointer), hint })
}

export async function readProfile(path: string, read: ReadInput = readInput): Promise<Profile> {
  return parseProfile(decodeText(await read(path), path), path)
}
