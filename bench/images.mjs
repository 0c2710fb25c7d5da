import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir } from '#io/cache-dir.js'
import { svcsplit } from './context.mjs'

/** @typedef {import('./context.mjs').Context} Context @typedef {import('./compete.mjs').Benchmark} Benchmark */

const service = 'glance@2025.1'

/** What it prints. @param {Context} context @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] */
function ran(context, args, env) {
  const [node = '', ...command] = svcsplit(context, args)
  return execFileSync(node, command, {
    cwd: context.work,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** What a cold build finds: bases and wheels, by links to the user's cache, and nothing of layers. */
class ColdCache {
  /** @param {Context} context @param {readonly string[]} what */
  constructor(context, what) {
    const { work } = context
    this.context = context
    this.dir = join(work, 'image-cache')
    this.layout = join(work, 'image-layout')
    // Once by the ordinary way: fetches wheels, builds those of sdists, bootstraps the base.
    const args = ['build', ...what, '--no-verify', '--report', 'json', '-o', `oci:${this.layout}`]
    this.images = JSON.parse(ran(context, args)).images
    const from = cacheDir()
    /** @type {Set<string>} */
    const made = new Set(
      this.images.flatMap((/** @type {any} */ image) =>
        image.layers.map((/** @type {any} */ one) => one.digest.slice(7)),
      ),
    )
    for (const folder of ['bases', 'wheelhouse/records', 'blobs'])
      for (const name of readdirSync(join(from, folder), { recursive: true, encoding: 'utf8' })) {
        const [source, target] = [join(from, folder, name), join(this.dir, folder, name)]
        if (name.includes('.svcsplit-tmp-') || made.has(name.slice(-64)) || !statSync(source).isFile())
          continue
        mkdirSync(dirname(target), { recursive: true })
        if (!existsSync(target)) linkSync(source, target)
      }
    this.forget()
  }

  forget() {
    for (const name of ['layers', 'images', 'verified'])
      rmSync(join(this.dir, name), { recursive: true, force: true })
    rmSync(this.layout, { recursive: true, force: true })
  }

  /** @param {readonly string[]} args */
  command(args) {
    const build = svcsplit(this.context, ['build', '--no-verify', '--report', 'json'])
    return ['env', `SVCSPLIT_CACHE_DIR=${this.dir}`, ...build, ...args, '-o', `oci:${this.layout}`]
  }
}

/** The wheels of the lock under their own names, and a requirements file with their hashes. @param {Context} context */
export function wheelFolder(context) {
  const { work } = context
  const dir = join(work, 'context')
  if (!existsSync(dir)) ran(context, ['dockerfile', service, dir])
  return dir
}

/** A layout that holds the image alone. @param {Context} context */
export function builtLayout(context) {
  const cache = new ColdCache(context, [service])
  const [program = '', ...args] = cache.command([service])
  execFileSync(program, args, { stdio: 'ignore' })
  return cache.layout
}

/** @param {Context} context @returns {Benchmark} */
export function glanceColdOverLimit(context) {
  const cache = new ColdCache(context, [service])
  const wheels = join(wheelFolder(context), 'wheels')
  return {
    title: 'glance 2025.1, cold, and the least that anybody has to do for it',
    own: {
      name: `svcsplit build ${service} --no-verify`,
      command: cache.command([service]),
      before: () => cache.forget(),
    },
    limit: {
      name: 'read, sha256, inflate, sha256 of each file and of the tar, on one thread',
      command: [process.execPath, join(context.root, 'bench/image-limit.mjs'), wheels],
    },
    aims: { limit: 1.5, mebibytes: 300 },
    note: 'Wheels in the store, base there, no descriptors and no layers.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function glanceColdOverUv(context) {
  const cache = new ColdCache(context, [service])
  const dir = wheelFolder(context)
  const out = join(context.work, 'by-uv')
  const install = `"$1" venv -q --cache-dir "$3/cache" --python "$4" "$3/venv" && "$1" pip install -q --cache-dir "$3/cache" --python "$3/venv" --no-deps --no-index --find-links "$2/wheels" -r "$2/requirements.txt"`
  const pack = `tar -C "$3" --sort=name --mtime=@315532800 --owner=0 --group=0 --numeric-owner -cf - venv | gzip -n -6 > "$3/layer.tar.gz" && sha256sum "$3/layer.tar.gz"`
  return {
    title: 'glance 2025.1, cold, and uv pip install, sorted tar, gzip -6',
    own: {
      name: `svcsplit build ${service} --no-verify`,
      command: cache.command([service]),
      before: () => cache.forget(),
    },
    peer: {
      name: 'uv venv, uv pip install, tar --sort=name, gzip -6',
      command: ['sh', '-c', `${install} && ${pack}`, 'sh', context.uv(), dir, out, 'python3'],
      before: () => {
        rmSync(out, { recursive: true, force: true })
        mkdirSync(out)
      },
    },
    aims: { ratio: 8 },
    note: 'uv has the wheels on disk and an empty cache; its image has no base, no RECORD check and no layers.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function glanceColdOverBuildah(context) {
  const cache = new ColdCache(context, [service])
  const dir = wheelFolder(context)
  const storage = join(context.work, 'by-buildah')
  const buildah = `buildah --root ${storage}/root --runroot ${storage}/run --storage-driver vfs`
  const build = `${buildah} build --isolation chroot --network host --no-cache --build-arg BASE=oci:base -t glance .`
  return {
    title: 'glance 2025.1, cold, and buildah with pip --no-compile',
    own: {
      name: `svcsplit build ${service} --no-verify`,
      command: cache.command([service]),
      before: () => cache.forget(),
    },
    peer: {
      name: 'buildah build (pip install --no-compile --no-index), buildah push oci:',
      command: ['sh', '-c', `${build} && ${buildah} push glance oci:${storage}/out:glance:2025.1`],
      cwd: dir,
      before: () => {
        rmSync(storage, { recursive: true, force: true })
        mkdirSync(storage)
      },
    },
    aims: { ratio: 20 },
    rounds: 3,
    note: 'The Containerfile is the one that "svcsplit dockerfile" writes: the same wheels and base, installed by pip.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function glanceUnchanged(context) {
  const cache = new ColdCache(context, [service])
  const command = cache.command([service]).filter((word) => word !== '--no-verify')
  execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' })
  return {
    title: 'glance 2025.1, nothing changed, proof included',
    own: { name: `svcsplit build ${service}`, command },
    aims: { seconds: 0.25 },
    note: 'From process start.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function fleetFromStore(context) {
  const what = ['--all', '--release', '2025.1']
  const cache = new ColdCache(context, what)
  const stored = storedBytes(cache.images)
  return {
    title: 'fifteen services of 2025.1 from the store',
    own: {
      name: 'svcsplit build --all --release 2025.1 --no-verify',
      command: cache.command(what),
      before: () => cache.forget(),
    },
    rounds: 3,
    aims: { seconds: 10, mebibytes: 300 },
    more: [
      bytesAim(
        'stored bytes',
        'at most half of the single images together',
        stored.distinct / stored.sum,
        0.5,
      ),
    ],
    note: `Stored above the bases: ${megabytes(stored.distinct)} MB; single images together: ${megabytes(stored.sum)} MB.`,
  }
}

/** @param {readonly any[]} images */
function storedBytes(images) {
  const layers = images.flatMap((image) => image.layers ?? [])
  const sum = layers.reduce((total, { bytes }) => total + bytes, 0)
  const distinct = [...new Map(layers.map(({ digest, bytes }) => [digest, bytes])).values()].reduce(
    (a, b) => a + b,
    0,
  )
  return { sum, distinct }
}

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1)

/** @param {string} what @param {string} aim @param {number} got @param {number} most */
function bytesAim(what, aim, got, most) {
  return { what, aim, got: `${got.toFixed(2)} times`, met: got <= most, by: Number((got / most).toFixed(2)) }
}

/**
 * One distribution at another version, as a stable branch moves it.
 * @param {Context} context @param {string} name @param {string} version @returns {Benchmark}
 */
function oneWheelChanged(context, name, version) {
  const { work } = context
  const cache = new ColdCache(context, [service])
  const [before, after] = [join(work, 'before.toml'), join(work, `after-${name}.toml`)]
  ran(context, ['lock', service, '-o', before])
  const wheel = otherWheel(context, name, version)
  writeFileSync(after, lockWith(readFileSync(before, 'utf8'), name, version, wheel))
  linkSync(wheel.path, join(cache.dir, 'blobs/sha256', wheel.sha256))
  const first = cache.command([service, '--lock', before])
  const second = cache.command([service, '--lock', after])
  const run = (/** @type {readonly string[]} */ command) =>
    JSON.parse(
      execFileSync(command[0] ?? '', command.slice(1), {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
  run(first)
  cpSync(join(cache.dir, 'layers'), join(work, 'layers-before'), { recursive: true })
  const [image] = run(second).images
  return {
    title: `glance 2025.1, ${name} at another version`,
    own: {
      name: `svcsplit build ${service} --lock`,
      command: second,
      before: () => {
        cache.forget()
        cpSync(join(work, 'layers-before'), join(cache.dir, 'layers'), { recursive: true })
        run(first)
      },
    },
    aims: { seconds: 0.5 },
    more: [bytesAim('transfer', 'at most 1.5 times the wheel', image.newBytes / wheel.size, 1.5)],
    note: `Went to the destination: ${image.newBytes} bytes for a wheel of ${wheel.size} bytes.`,
  }
}

/** @param {Context} context */
export const glanceServiceChanged = (context) => oneWheelChanged(context, 'glance', '30.1.0')

/** @param {Context} context */
export const glanceLibraryChanged = (context) => oneWheelChanged(context, 'oslo-utils', '8.1.0')

/** @param {Context} context @param {string} name @param {string} version */
function otherWheel({ work, root }, name, version) {
  const dir = join(work, 'other-wheels')
  const download = ['download', '-q', '--no-deps', '--only-binary', ':all:', '-d', dir, `${name}==${version}`]
  execFileSync('python3', ['-m', 'pip', ...download], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const stem = name.replaceAll('-', '[-_.]')
  const filename = readdirSync(dir).find((file) => new RegExp(`^${stem}-${version}-.*whl$`).test(file)) ?? ''
  const path = join(dir, filename)
  const sha256 = execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64)
  return { filename, path, sha256, size: statSync(path).size }
}

/**
 * Puts another wheel of a distribution into a lock.
 * @param {string} text @param {string} name @param {string} version
 * @param {{ filename: string, sha256: string, size: number }} wheel
 */
function lockWith(text, name, version, { filename, sha256, size }) {
  const mark = '[[packages]]\n'
  const file = `{name = "${filename}", path = "wheels/${filename}", size = ${size}, hashes = {sha256 = "${sha256}"}}`
  return text
    .split(mark)
    .map((part) =>
      part.startsWith(`name = "${name}"\n`)
        ? part
            .replace(/^version = .*$/m, `version = "${version}"`)
            .replace(/^wheels = .*$/m, `wheels = [${file}]`)
        : part,
    )
    .join(mark)
}
