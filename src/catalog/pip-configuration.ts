import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'
import { existsSync, readText, readTextSync, statusOf } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The options of pip's configuration files that concern the index, `_` read as `-`. */
export type PipOptions = ReadonlyMap<string, string>

/**
 * pip's configuration files, lowest first, as pip reads them: global (`$XDG_CONFIG_DIRS/pip/pip.conf`, `/etc/pip.conf`),
 * user (`~/.pip/pip.conf`, `$XDG_CONFIG_HOME/pip/pip.conf`), site (`<prefix>/pip.conf`), `$PIP_CONFIG_FILE`;
 * `PIP_CONFIG_FILE=/dev/null` turns all of them off (pip, "Configuration").
 */
export function pipConfigurationFiles(environment: Environment, sitePrefix?: string): readonly string[] {
  const own = environment.PIP_CONFIG_FILE
  if (own === '/dev/null') return []
  const home = environment.HOME ?? '/'
  const xdgGlobal = (environment.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':').filter((dir) => dir !== '')
  const prefix = environment.VIRTUAL_ENV ?? sitePrefix
  return [
    ...xdgGlobal.map((dir) => join(dir, 'pip', 'pip.conf')),
    '/etc/pip.conf',
    join(home, '.pip', 'pip.conf'),
    join(environment.XDG_CONFIG_HOME ?? join(home, '.config'), 'pip', 'pip.conf'),
    ...(prefix === undefined ? [] : [join(prefix, 'pip.conf')]),
    ...(own === undefined || own === '' ? [] : [own]),
  ]
}

/** The options of one section, later files over earlier ones; `[install]` over `[global]`, as for `pip install`. */
export function readPipConfiguration(paths: readonly string[]): PipOptions {
  const sections = new Map<string, Map<string, string>>()
  for (const path of paths) {
    if (!existsSync(path)) continue
    for (const [section, options] of parseIni(readTextSync(path, { maxBytes: 1024 * 1024 }), path)) {
      const known = sections.get(section) ?? new Map<string, string>()
      for (const [key, value] of options) known.set(key, value)
      sections.set(section, known)
    }
  }
  return new Map([...(sections.get('global') ?? []), ...(sections.get('install') ?? [])])
}

/** Sections of `key = value` lines with indented continuations, as Python's RawConfigParser has them. @throws E-IDX-UNKNOWN */
export function parseIni(text: string, path: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let key: string | undefined
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*([#;]|$)/.test(raw)) continue
    const header = /^\[([^\]]+)\]/.exec(raw)
    const option = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(raw)
    if (/^\s/.test(raw) && section !== undefined && key !== undefined)
      section.set(key, `${section.get(key) ?? ''}\n${raw.trim()}`.trim())
    else if (header !== null) {
      section = sections.get(header[1]!) ?? new Map()
      sections.set(header[1]!, section)
      key = undefined
    } else if (option !== null && section !== undefined) {
      key = option[1]!.toLowerCase().replaceAll('_', '-')
      section.set(key, option[2]!.trim())
    } else
      throw new SvcsplitError('E-IDX-UNKNOWN', "a line of pip's configuration cannot be parsed", {
        at: { path, line: index + 1, text: raw },
        hint: 'correct the line, or give --index-url',
      })
  }
  return sections
}

/**
 * What pip itself says its default index is, in its help; undefined without a pip. Starting pip takes longer than
 * asking an index, so the answer is kept under `cacheDir` for as long as `python3` is the same file.
 */
export async function defaultIndexOfPip(
  cacheDir: string,
  environment: Environment = process.env,
): Promise<string | undefined> {
  const python = await pythonOnPath(environment)
  if (python === undefined) return undefined
  const path = join(cacheDir, 'pip-default-1')
  const kept = await readKept(path)
  if (kept?.python === python) return kept.url
  const url = await askPip()
  if (url !== undefined) await writeAtomic(path, `${python}\n${url}\n`, { durable: false })
  return url
}

async function askPip(): Promise<string | undefined> {
  try {
    const { stdout } = await run('python3', ['-m', 'pip', 'install', '--help'], {
      env: { ...process.env, COLUMNS: '400', NO_COLOR: '1' },
      timeoutMs: 30_000,
    })
    return /--index-url\b[\s\S]*?\(default\s+(https?:\/\/[^\s)]+)\)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function readKept(
  path: string,
): Promise<{ readonly python: string; readonly url: string } | undefined> {
  if (!existsSync(path)) return undefined
  const found = /^(\S.*)\n(https?:\/\/\S+)\n$/.exec(await readText(path, { maxBytes: 65_536 }))
  return found === null ? undefined : { python: found[1]!, url: found[2]! }
}

/** Path, size and time of the `python3` that would be started. */
async function pythonOnPath(environment: Environment): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? '').split(':')) {
    const path = join(folder, 'python3')
    const status = folder === '' ? undefined : await statusOf(path, { follow: true })
    if (status?.kind === 'file') return `${path} ${status.size} ${status.mtimeMs}`
  }
  return undefined
}
