import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheDir } from '#io/cache-dir.js'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const need = needs('mmdebstrap', 'umoci', 'bwrap')
const root = process.getuid?.() === 0

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'svcsplit-bytecode-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

interface Built {
  readonly digest: string
  readonly layers: readonly { readonly title: string; readonly digest: string }[]
  readonly proof?: { readonly start: { readonly engine: string }; readonly findings: readonly unknown[] }
}

function build(layout: string, env: NodeJS.ProcessEnv, ...more: readonly string[]): Built {
  const args = ['build', 'placement@2025.1', '--bytecode', '-o', `oci:${layout}`, '--report', 'json', ...more]
  const text = execFileSync(process.execPath, [main, ...args], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(text).images[0]
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
})
