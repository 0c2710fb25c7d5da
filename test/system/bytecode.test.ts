import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLayoutImage } from '#image/layout.js'
import { cacheDir } from '#io/cache-dir.js'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const need = needs('mmdebstrap', 'umoci', 'skopeo', 'bwrap')
const root = process.getuid?.() === 0

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'svcsplit-bytecode-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

interface Built {
  readonly digest: string
  readonly base: { readonly digest: string }
  readonly layers: readonly { readonly title: string; readonly digest: string }[]
  readonly proof?: { readonly start: { readonly engine: string }; readonly findings: readonly unknown[] }
}

/** @returns what it prints: one document */
// biome-ignore lint/suspicious/noExplicitAny: each command has a document of its own
function svcsplit(args: readonly string[], env: NodeJS.ProcessEnv = {}): any {
  const text = execFileSync(process.execPath, [main, ...args], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(text)
}

function build(layout: string, env: NodeJS.ProcessEnv, ...more: readonly string[]): Built {
  const args = ['build', 'placement@2025.1', '--bytecode', '-o', `oci:${layout}`, '--report', 'json', ...more]
  return svcsplit(args, env).images[0]
}

/** The layout of the base with a digest. */
function layoutOfBase(digest: string): string {
  for (const name of readdirSync(join(cacheDir(), 'bases'))) {
    const dir = join(cacheDir(), 'bases', name)
    const index = join(dir, 'index.json')
    if (existsSync(index) && readFileSync(index, 'utf8').includes(digest)) return dir
  }
  throw new Error(`the cache has no base ${digest}`)
}

/** A cache that has bases and wheels, as other names of the same files, and nothing of layers. */
function cacheWithoutLayers(): string {
  const dir = join(work, 'cache')
  mkdirSync(dir)
  for (const folder of ['bases', 'blobs', 'wheelhouse'])
    if (existsSync(join(cacheDir(), folder)))
      execFileSync('cp', ['-al', join(cacheDir(), folder), join(dir, folder)])
  return dir
}

describe.skipIf(need.missing || !root)(need.title('an image with bytecode'), () => {
  let built: Built

  beforeAll(() => {
    // Brings base and wheels.
    built = build('first', { TZ: 'UTC', PYTHONHASHSEED: '1' })
  })

  it('has it in a layer of its own, on top, and is proved with it', () => {
    expect(built.layers.map(({ title }) => title).at(-1)).toMatch(/^bytecode of Python 3\.\d+$/)
    expect(built.proof?.start.engine).not.toBe('none')
    expect(built.proof?.findings).toEqual([])
  })

  it('is the same, byte for byte, when it is compiled again in other surroundings', () => {
    const surroundings = { TZ: 'Asia/Tokyo', PYTHONHASHSEED: '77', SVCSPLIT_CACHE_DIR: cacheWithoutLayers() }

    expect(build('second', surroundings, '--no-verify').digest).toBe(built.digest)
  })

  it('starts from it: nothing is compiled, and nothing is looked at but the bytecode', () => {
    execFileSync('umoci', ['unpack', '--image', 'first:placement:2025.1', 'unpacked'], { cwd: work })
    const image = join(work, 'unpacked/rootfs')
    const site = join(image, 'opt/venv/lib')
    const module = join(site, readdirSync(site)[0]!, 'site-packages/placement/conf/__init__.py')
    // Unchecked: a source that has another time changes nothing.
    execFileSync('touch', [module])
    const python = ['chroot', image, '/opt/venv/bin/python3', '-B', '-v', '-c', 'import placement.conf']
    const told = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', ...python], { encoding: 'utf8' })

    expect(told).toMatch(/code object from '\/opt\/venv\/.*placement\/conf\/__pycache__\/__init__\.cpython-/)
    expect(told).not.toMatch(/could not create|wrote '/)
  })

  describe('on a new base', () => {
    /** The base of the image, with a line more in a file. */
    function otherBase(name: string, path: string, line: string): string {
      const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: work })
      run('skopeo', 'copy', '-q', `oci:${layoutOfBase(built.base.digest)}`, `oci:${name}:base`)
      run('umoci', 'unpack', '--image', `${name}:base`, `${name}-bundle`)
      appendFileSync(join(work, `${name}-bundle/rootfs`, path), `\n${line}\n`)
      run('umoci', 'repack', '--image', `${name}:base`, `${name}-bundle`)
      return `oci:${name}`
    }

    async function rebased(base: string, layout: string) {
      const image = 'oci:first:placement:2025.1'
      const told = svcsplit(['rebase', image, '--base', base, '-o', `oci:${layout}`, '--report', 'json'])
      const { manifest } = await readLayoutImage(join(work, layout))
      return { told, bytecode: manifest.layers.at(-1)!.digest as string }
    }

    const compiled = () => built.layers.at(-1)!.digest

    it('keeps its bytecode where Python is the same', async () => {
      const base = otherBase('same', 'etc/motd', 'patched')
      const { told, bytecode } = await rebased(base, 'on-same')

      expect(bytecode).toBe(compiled())
      expect(told.kept).toBe(built.layers.length)
      expect(told.digest).toBe(build('anew-same', {}, '--base', base, '--no-verify').digest)
    })

    it('gets the bytecode of a Python that compiles otherwise', async () => {
      const optimize =
        'import builtins; one = builtins.compile; ' +
        'builtins.compile = lambda *a, **k: one(*a, **{**k, "optimize": 2})'
      const base = otherBase('other', 'usr/lib/python3.11/hashlib.py', optimize)
      const { told, bytecode } = await rebased(base, 'on-other')

      expect(bytecode).not.toBe(compiled())
      expect(told.kept).toBe(built.layers.length - 1)
      expect(told.digest).toBe(build('anew-other', {}, '--base', base, '--no-verify').digest)
      expect(svcsplit(['verify', 'oci:on-other', '-o', 'json']).findings).toEqual([])
    })
  })
})
