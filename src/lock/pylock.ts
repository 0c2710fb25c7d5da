import type { DistributionFile } from '#catalog/catalog.js'
import { toolVersion } from '#version.js'
import type { Lock, LockedBase, LockedDistribution, LockedWheel } from './lock.js'

/** TOML basic string (TOML 1.0, "String"): JSON's escapes are a subset but for DEL. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, '\\u007f')
}

function inlineTable(fields: readonly (readonly [string, string | undefined])[]): string {
  const known = fields.filter(([, value]) => value !== undefined)
  return `{${known.map(([key, value]) => `${key} = ${value}`).join(', ')}}`
}

/**
 * One file of a package. PEP 751 wants `url` or `path`: shipped facts name no host, so a file whose URL
 * was not asked for stands as a path beside the lock.
 */
function fileTable(file: DistributionFile): string {
  return inlineTable([
    ['name', quoted(file.filename)],
    // TOML's offset date-time in ISO form; its readers keep milliseconds, so that what is read is written again.
    ['upload-time', file.uploadTime === undefined ? undefined : new Date(file.uploadTime).toISOString()],
    ['url', file.url === undefined ? undefined : quoted(file.url)],
    ['path', file.url === undefined ? quoted(`wheels/${file.filename}`) : undefined],
    ['size', String(file.size)],
    ['hashes', inlineTable([['sha256', quoted(file.sha256)]])],
  ])
}

/** PEP 751 has no place for what an installer made; its `tool` tables are for such facts. */
function builtTable({ filename, sha256, size }: LockedWheel): string[] {
  const fields = [
    ['name', quoted(filename)],
    ['size', String(size)],
    ['hashes', inlineTable([['sha256', quoted(sha256)]])],
  ] as const
  return ['[packages.tool.svcsplit]', `built-wheel = ${inlineTable(fields)}`]
}

function packageTable(distribution: LockedDistribution): string[] {
  const { name, version, requiresPython, dependencies, wheel, sdist, built } = distribution
  return [
    '[[packages]]',
    `name = ${quoted(name)}`,
    `version = ${quoted(version)}`,
    ...(requiresPython === undefined ? [] : [`requires-python = ${quoted(requiresPython)}`]),
    ...(dependencies.length === 0
      ? []
      : [
          `dependencies = [${dependencies.map((demanded) => inlineTable([['name', quoted(demanded)]])).join(', ')}]`,
        ]),
    ...(wheel === undefined ? [] : [`wheels = [${fileTable(wheel)}]`]),
    ...(sdist === undefined ? [] : [`sdist = ${fileTable(sdist)}`]),
    ...(built === undefined ? [] : builtTable(built)),
    '',
  ]
}

function baseTable({ name, digest, packages }: LockedBase): string[] {
  return [
    '',
    '[tool.svcsplit.base]',
    `name = ${quoted(name)}`,
    `digest = ${quoted(digest)}`,
    'packages = [',
    ...packages.map(
      (one) =>
        `  ${inlineTable([
          ['name', quoted(one.name)],
          ['version', quoted(one.version)],
        ])},`,
    ),
    ']',
  ]
}

const machines = { 'linux/amd64': 'x86_64', 'linux/arm64': 'aarch64' } as const

/** A lock as `pylock.<service>.toml` (PEP 751): same lock, same bytes. */
export function formatPylock(lock: Lock): string {
  const environment = [
    "sys_platform == 'linux'",
    `platform_machine == '${machines[lock.platform]}'`,
    "implementation_name == 'cpython'",
  ].join(' and ')
  const lines = [
    'lock-version = "1.0"',
    `environments = [${quoted(environment)}]`,
    `requires-python = ${quoted(`==${lock.python}.*`)}`,
    'created-by = "svcsplit"',
    '',
    ...lock.distributions.flatMap(packageTable),
    '[tool.svcsplit]',
    `version = ${quoted(toolVersion())}`,
    `service = ${quoted(lock.service)}`,
    ...(lock.release === undefined ? [] : [`release = ${quoted(lock.release)}`]),
    `root = ${quoted(lock.root)}`,
    `python = ${quoted(lock.python)}`,
    `platform = ${quoted(lock.platform)}`,
    `glibc = ${quoted(lock.glibc)}`,
    ...(lock.base === undefined ? [] : baseTable(lock.base)),
  ]
  return `${lines.join('\n')}\n`
}
