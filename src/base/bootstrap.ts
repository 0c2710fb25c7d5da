import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { doneOnce } from '#io/claim.js'
import { type RunOptions, run } from '#io/exec.js'
import { ensureDir, exists, move, readChunks, remove, statusOf } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { encodeImageConfig, type ImageConfig } from '#oci/config.js'
import { type Digest, digestOfHex, hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { layoutMarker } from '#oci/layout-marker.js'
import { encodeManifest, type Manifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { parsePlatform } from '#oci/platform.js'
import { aptSources } from './apt-sources.js'
import type { BaseImage, BaseOptions } from './base-image.js'
import { blobPath, openLayoutBase } from './layout-base.js'

/** Raised when the same packages give other bytes: bases of another format are made again. */
const baseFormat = 2

/** Nothing in the image is newer: 2024-01-01T00:00:00Z. Times of package files that are older stay. */
const epoch = 1_704_067_200

/**
 * What every service needs from Debian; a profile adds its own. Wheels of the manylinux policies may expect
 * the GCC runtime and libstdc++ of the system (PEP 513, PEP 600).
 */
const commonPackages = ['ca-certificates', 'libgcc-s1', 'libstdc++6', 'netbase', 'python3', 'tzdata']

/** Documentation that nobody reads in a container; licences stay, they have to go with the binaries. */
const leftOut = ['doc/*', 'man/*', 'locale/*', 'info/*', 'lintian/*']

/** What bootstrapping leaves of this machine and of apt, relative to the root. */
const traces = [
  ...['etc/resolv.conf', 'etc/hostname', 'etc/machine-id', 'etc/apt/sources.list', 'etc/apt/sources.list.d'],
  ...['etc/apt/apt.conf.d/99mmdebstrap', 'var/cache/apt', 'var/lib/apt', 'var/log/apt', 'var/cache/debconf'],
  ...['var/lib/dpkg/status-old', 'var/lib/dpkg/available', 'var/lib/dpkg/lock', 'var/lib/dpkg/lock-frontend'],
  ...['var/cache/ldconfig/aux-cache', 'etc/passwd-', 'etc/group-', 'etc/shadow-', 'etc/gshadow-'],
]

const debianArchitecture: ReadonlyMap<string, string> = new Map([
  ['amd64', 'amd64'],
  ['arm64', 'arm64'],
])

/**
 * Debian with Python and the given packages, made by mmdebstrap with the real apt and dpkg, as an image of one
 * layer. The same package versions give the same digest.
 */
export async function bootstrapBase(suite: string, options: BaseOptions): Promise<BaseImage> {
  const packages = [...new Set([...commonPackages, ...(options.packages ?? [])])].sort()
  for (const name of packages) requirePackageName(name)
  const mirrors = options.mirrors ?? []
  for (const mirror of mirrors) requireMirror(mirror)
  const { architecture } = parsePlatform(options.platform)
  const key = baseKey({ suite, platform: options.platform, packages, mirrors })
  const bases = join(options.cacheDir, 'bases')
  const layout = join(bases, key)
  const find = async (): Promise<string | undefined> =>
    (await exists(join(layout, 'index.json'))) ? layout : undefined
  const make = (): Promise<string> =>
    makeLayout({ suite, packages, mirrors, architecture, layout, bases, options })
  // What takes a minute and hundreds of megabytes is done by one of all processes that want it.
  if (options.refresh === true) await make()
  else
    await doneOnce(layout, find, make, {
      waiting: () => options.progress?.step?.(`wait for another process to bootstrap ${options.from}`),
    })
  const { packages: _, ...rest } = options
  return openLayoutBase({ dir: layout }, rest)
}

/** Folder name of a base: what was asked for and how it is made, not what apt answered. */
export function baseKey(parts: {
  readonly suite: string
  readonly platform: string
  readonly packages: readonly string[]
  readonly mirrors: readonly string[]
}): string {
  const text = JSON.stringify([
    baseFormat,
    parts.suite,
    parts.platform,
    [...parts.packages].sort(),
    parts.mirrors,
  ])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

interface Job {
  readonly suite: string
  readonly packages: readonly string[]
  readonly mirrors: readonly string[]
  readonly architecture: string
  readonly layout: string
  readonly bases: string
  readonly options: BaseOptions
}

async function makeLayout(job: Job): Promise<string> {
  await ensureDir(job.bases)
  return tempDir(
    '.svcsplit-tmp-',
    async (folder) => {
      const tar = join(folder, 'rootfs.tar')
      await bootstrap(job, tar)
      job.options.progress?.step?.(`pack base ${job.options.from}`)
      const made = join(folder, 'layout')
      await packLayout(job, tar, made)
      await settle(made, job.layout, job.options.refresh === true)
      return job.layout
    },
    { parent: job.bases },
  )
}

async function bootstrap(job: Job, tar: string): Promise<void> {
  const { options } = job
  const label = `bootstrap ${options.from}`
  const sources = job.mirrors.length > 0 ? job.mirrors : await aptSources(job.suite)
  const areOnDisk =
    sources.length > 0 && sources.every((source) => /(?:^|\s)(?:file|copy|cdrom):/.test(source))
  if (options.offline === true && !areOnDisk)
    throw new SvcsplitError(
      'E-NET-OFFLINE',
      `${options.from} is not in the cache with these packages, and --offline forbids the network`,
      { hint: 'build once without --offline, or bring a base: --base oci:DIR' },
    )
  options.progress?.step?.(label)
  if (sources.length === 0)
    options.progress?.note?.(
      `this machine has no apt sources for ${job.suite}: mmdebstrap takes its own default`,
    )
  const args = mmdebstrapArguments(job.packages, job.architecture)
  let step = 0
  const environment: RunOptions = {
    env: {
      ...process.env,
      SOURCE_DATE_EPOCH: String(epoch),
      TZ: 'UTC',
      LC_ALL: 'C',
      DEBIAN_FRONTEND: 'noninteractive',
    },
    timeoutMs: 30 * 60_000,
    onLine: (line) => {
      if (/^(?:Unpacking|Setting up) /.test(line)) options.progress?.step?.(label, ++step)
    },
  }
  try {
    await run('mmdebstrap', [...args, job.suite, tar, ...sources], environment)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    if (error.code === 'E-EXE-MISSING')
      throw new SvcsplitError(
        'E-EXE-MISSING',
        `${options.from} is made by mmdebstrap, which is not installed`,
        {
          hint: 'install the package mmdebstrap, or bring a base of your own: --base oci:DIR',
          cause: error,
        },
      )
    throw new SvcsplitError('E-IMG-BASE', `${options.from} cannot be bootstrapped: ${error.message}`, {
      hint: `check the suite, the package names (${job.packages.join(', ')}) and the apt sources of this machine`,
      cause: error,
    })
  }
}

/** Everything but suite, target and sources. */
export function mmdebstrapArguments(packages: readonly string[], architecture: string): readonly string[] {
  const debian = debianArchitecture.get(architecture)
  if (debian === undefined)
    throw new SvcsplitError(
      'E-IMG-BASE',
      `Debian bases are made for amd64 and arm64, not for ${architecture}`,
    )
  return [
    // essential packages and dpkg, without apt: nobody installs packages in a running service
    '--variant=essential',
    `--architectures=${debian}`,
    '--format=tar',
    // a root that is merged from the start needs no usrmerge, which would bring all of Perl (50 MB)
    '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
    `--include=${packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...leftOut.map((pattern) => `--dpkgopt=path-exclude=/usr/share/${pattern}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    // runtimes bring their own /dev, and a user without privileges could not unpack device nodes
    '--skip=output/dev',
    // its own way of emptying apt's folders leaves new ones; the hook removes them
    '--skip=cleanup/apt',
    `--customize-hook=cd "$1" && rm -rf ${traces.join(' ')} && find var/log -type f -delete`,
  ]
}

/** One layer, config, manifest and index around the root file system. */
async function packLayout(job: Job, tar: string, layout: string): Promise<void> {
  const diffId = digestOfHex(await hashFile(tar))
  // the program, not zlib of this Node: GNU gzip's output has not changed in decades, Node's zlib has
  await run('gzip', ['-n', '-6', tar], { timeoutMs: 10 * 60_000 })
  const packed = `${tar}.gz`
  const layerDigest = digestOfHex(await hashFile(packed))
  const size = (await statusOf(packed))?.size ?? 0
  await ensureDir(join(layout, 'blobs', 'sha256'))
  await move(packed, blobPath(layout, layerDigest))
  const created = new Date(epoch * 1000).toISOString().replace('.000', '')
  const { os, architecture } = parsePlatform(job.options.platform)
  const config: ImageConfig = {
    created,
    architecture,
    os,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: `svcsplit base debian:${job.suite} ${job.packages.join(' ')}` }],
  }
  const configBytes = encodeImageConfig(config)
  const configDigest = sha256(configBytes)
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: configDigest, size: configBytes.length },
    layers: [{ mediaType: mediaTypes.layerGzip, digest: layerDigest, size }],
  }
  const manifestBytes = encodeManifest(manifest)
  const manifestDigest = sha256(manifestBytes)
  await writeBlob(layout, configDigest, configBytes)
  await writeBlob(layout, manifestDigest, manifestBytes)
  const entry = { mediaType: mediaTypes.manifest, digest: manifestDigest, size: manifestBytes.length }
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] } as const
  await writeAtomic(join(layout, layoutMarker.path), layoutMarker.text)
  await writeAtomic(join(layout, 'index.json'), encodeImageIndex(index))
}

async function writeBlob(layout: string, digest: Digest, bytes: Buffer): Promise<void> {
  await writeAtomic(join(layout, 'blobs', 'sha256', hexOf(digest)), bytes)
}

/** Moves the whole layout to its place; if another process was first, its layout is as good. */
async function settle(made: string, layout: string, replace: boolean): Promise<void> {
  if (replace) await setAside(layout, `${made}-old`)
  try {
    await move(made, layout)
  } catch (error) {
    if (!(await exists(join(layout, 'index.json')))) throw error
  }
}

async function setAside(layout: string, aside: string): Promise<void> {
  if (!(await exists(layout))) return
  await move(layout, aside)
  await remove(aside)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readChunks(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** Names go to apt as they are, where patterns, paths and a minus at the end would have a meaning. */
function requirePackageName(name: string): void {
  if (/^[a-z0-9][a-z0-9+.-]*[a-z0-9+](?::[a-z0-9]+)?(?:=[A-Za-z0-9.+~:-]+)?$/.test(name)) return
  throw new SvcsplitError(
    'E-IMG-BASE',
    `${JSON.stringify(name.slice(0, 100))} is not the name of a Debian package`,
    {
      hint: 'write a name, or name=version, as apt knows it',
    },
  )
}

/** What begins otherwise mmdebstrap would take for a file of this machine or for standard input. */
function requireMirror(mirror: string): void {
  if (/^(?:deb (?:\[[^\]\n]*\] )?)?(?:https?|file|copy):\/{1,3}[^\s]+(?: [A-Za-z0-9./ -]+)?$/.test(mirror))
    return
  throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(mirror.slice(0, 200))} is not an apt source`, {
    hint: 'write a URI, or a line "deb URI SUITE COMPONENT"',
  })
}
