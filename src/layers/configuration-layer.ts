import { SvcsplitError } from '#errors.js'
import { sortEntries } from '#wheels/install-wheel.js'
import { type LayerContent, type LayerEntry, parentFolders } from './layer-stream.js'
import { systemModulesPath, systemModulesText } from './system-modules.js'
import { contentOf, type ReadWheel } from './wheel-layer.js'

/** The account that a service runs as. */
interface ServiceUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What makes an environment one service's image. */
export interface ConfigurationOptions {
  readonly prefix: string
  /** `3.11` */
  readonly python: string
  readonly user: ServiceUser
  /** Absolute; they belong to the user. The first is the user's home. */
  readonly directories: readonly string[]
  /** Path below the prefix -> absolute path that gets a copy of it, as `etc/glance` -> `/etc/glance`. */
  readonly data: ReadonlyMap<string, string>
  /** The text of `/etc/sudoers.d/USER`; empty for none. */
  readonly sudoers: string
  /** Modules that come from packages of the base. */
  readonly systemModules: readonly string[]
  /** The copy of a data file whose `exec_dirs` are to begin with the programs of the environment. */
  readonly rootwrap?: string
  /** `etc/passwd` and `etc/group` of the base. */
  readonly passwd: string
  readonly group: string
}

/**
 * Folders that every base has, some of them with modes of their own or as links: they are not written, lest
 * the base's be replaced (Filesystem Hierarchy Standard 3.0).
 */
const ofTheBase = new Set([
  'bin',
  'boot',
  'dev',
  'etc',
  'etc/sudoers.d',
  'home',
  'lib',
  'lib64',
  'media',
  'mnt',
  'opt',
  'proc',
  'root',
  'run',
  'run/lock',
  'sbin',
  'srv',
  'sys',
  'tmp',
  'usr',
  'usr/bin',
  'usr/lib',
  'usr/local',
  'usr/sbin',
  'usr/share',
  'var',
  'var/cache',
  'var/lib',
  'var/local',
  'var/lock',
  'var/log',
  'var/mail',
  'var/opt',
  'var/run',
  'var/spool',
  'var/tmp',
])

/**
 * The entries of the topmost layer: the account, folders that belong to it, copies of data files, and what lets in
 * modules of the base.
 * @throws SvcsplitError E-IMG-BASE if the base has another account of that name or number
 */
export function configurationEntries(
  options: ConfigurationOptions,
  wheels: readonly ReadWheel[],
): readonly LayerEntry[] {
  const { user } = options
  const home = options.directories[0] ?? '/nonexistent'
  const entries = new Map<string, LayerEntry>()
  const add = (entry: LayerEntry): void => {
    const other = entries.get(entry.path)
    if (other !== undefined && other.type === 'file')
      throw new SvcsplitError('E-IMG-FORM', `two files for /${entry.path} in the configuration of the image`)
    entries.set(entry.path, entry)
  }
  add(textFile('etc/group', addLine(options.group, `${user.name}:*:${user.gid}:`, 'group')))
  add(
    textFile(
      'etc/passwd',
      addLine(options.passwd, `${user.name}:*:${user.uid}:${user.gid}::${home}:/usr/sbin/nologin`, 'passwd'),
    ),
  )
  for (const directory of options.directories) {
    const path = relative(directory)
    if (ofTheBase.has(path))
      throw new SvcsplitError('E-IMG-FORM', `${directory} belongs to the base, not to ${user.name}`)
    add({ type: 'folder', path, mode: 0o755, uid: user.uid, gid: user.gid, size: 0 })
  }
  if (options.sudoers !== '') add({ ...textFile(`etc/sudoers.d/${user.name}`, options.sudoers), mode: 0o440 })
  const modules = systemModulesText(options.systemModules)
  if (modules !== '') add(textFile(systemModulesPath(options).slice(1), modules))
  for (const entry of dataCopies(options, wheels)) add(entry)
  const parents = parentFolders(entries.keys()).filter(
    ({ path }) => !ofTheBase.has(path) && !entries.has(path) && !isOfTheEnvironment(path, options.prefix),
  )
  return sortEntries([...parents, ...entries.values()])
}

/** The environment and its folders are there, from the layers below. */
function isOfTheEnvironment(path: string, prefix: string): boolean {
  return path === relative(prefix) || path.startsWith(`${relative(prefix)}/`)
}

/** rootwrap finds programs that its filters name without a path in these folders alone, whatever PATH is. */
const execDirs = /^exec_dirs *= */m

/** Whether a file of an environment is, or lies in, one of the places that are copied. */
function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

/** Whether a wheel brings files that the configuration copies. */
export function bringsData(
  { prefix, data }: Pick<ConfigurationOptions, 'prefix' | 'data'>,
  entries: readonly { readonly path: string }[],
): boolean {
  const places = [...data.keys()].map((from) => placeOf(prefix, from))
  return entries.some(({ path }) => places.some((place) => isBelow(path, place)))
}

function placeOf(prefix: string, from: string): string {
  return `${relative(prefix)}/${relative(`/${from}`)}`
}

function dataCopies(
  { prefix, data, rootwrap }: ConfigurationOptions,
  wheels: readonly ReadWheel[],
): readonly LayerEntry[] {
  const copies: LayerEntry[] = []
  for (const [from, to] of data) {
    const source = placeOf(prefix, from)
    const target = relative(to)
    for (const wheel of wheels) {
      const wanted = wheel.entries.filter(({ path }) => isBelow(path, source))
      if (wanted.length === 0) continue
      const { archive, filename } = wheel
      for (const entry of wanted) {
        const path = target + entry.path.slice(source.length)
        const content = () => contentOf(entry, archive, filename)
        const { mode, size } = entry
        if (`/${path}` === rootwrap) {
          const text = textOf(content()).replace(execDirs, `$&${prefix}/bin,`)
          copies.push({ ...textFile(path, text), mode })
        } else copies.push({ type: 'file', path, mode, uid: 0, gid: 0, size, content })
      }
    }
  }
  return copies
}

function textOf(content: LayerContent): string {
  return ('bytes' in content ? content.bytes : content.unpack()).toString('utf8')
}

function textFile(path: string, text: string): LayerEntry {
  const bytes = Buffer.from(text, 'utf8')
  return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, content: () => ({ bytes }) }
}

/** Adds an account unless it is there as it should be. Passwords are `*`: nobody logs in. */
function addLine(text: string, line: string, file: 'passwd' | 'group'): string {
  const [name, , id, group] = line.split(':')
  for (const present of text.split('\n')) {
    const fields = present.split(':')
    if (fields[0] !== name && fields[2] !== id) continue
    if (fields[0] === name && fields[2] === id && (file === 'group' || fields[3] === group)) return text
    throw new SvcsplitError(
      'E-IMG-BASE',
      `the base has ${present} in /etc/${file}, and the service needs ${line}`,
      {
        hint: 'give the profile another user, or take another base',
      },
    )
  }
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** A path of a layer for an absolute one. @throws SvcsplitError E-IMG-FORM */
function relative(path: string): string {
  const clean = path.replace(/\/+$/, '')
  const parts = clean.split('/')
  if (parts[0] !== '' || parts.length < 2 || parts.slice(1).some((part) => ['', '.', '..'].includes(part)))
    throw new SvcsplitError(
      'E-IMG-FORM',
      `${JSON.stringify(path)} is not an absolute path in its shortest form`,
    )
  return clean.slice(1)
}
