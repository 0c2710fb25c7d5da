import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const tools = needs('mmdebstrap', 'buildah', 'umoci', 'skopeo')

/** glance takes modules of the base; `SVCSPLIT_TEST_BUILDERS_OF=cinder@2025.1` for another one. */
const asked = process.env.SVCSPLIT_TEST_BUILDERS_OF ?? 'glance@2025.1'

/** Both builders keep their own books in these; what the service runs from is everything else. */
const ownBooks =
  /\.dist-info\/(RECORD|INSTALLER|REQUESTED)$|^opt\/venv\/(pyvenv\.cfg|bin\/activate.*|bin\/Activate\.ps1|include.*)$/
/** Of the container that buildah ran its steps in. */
const ofBuildah = /^dev$|^(dev|proc|sys|run|tmp)\/|^etc\/(hostname|hosts|resolv\.conf)$/

/** A wrapper by what it does: interpreter, import and call; pip words the rest as it likes. */
function wrapperEssence(text: string): string | undefined {
  const interpreter = /^#!(\S+)/.exec(text)?.[1]
  const imported = /^from (\S+) import (\S+)$/m.exec(text)
  const call = /sys\.exit\((\S+)\(\)\)/.exec(text)?.[1]
  if (interpreter === undefined || imported === null || call === undefined) return undefined
  return JSON.stringify([interpreter.replace(/python3(\.\d+)?$/, 'python'), imported[1], imported[2], call])
}

function describeFile(path: string, name: string): string {
  const status = lstatSync(path)
  const mode = (status.mode & 0o7777).toString(8)
  const owner = `${status.uid}:${status.gid}`
  if (status.isSymbolicLink()) return `link ${readlinkSync(path)}`
  if (status.isDirectory()) return `folder ${mode} ${owner}`
  const bytes = readFileSync(path)
  const wrapper = name.startsWith('opt/venv/bin/') ? wrapperEssence(bytes.toString('latin1')) : undefined
  return `file ${mode} ${owner} ${wrapper ?? createHash('sha256').update(bytes).digest('hex')}`
}

function treeOf(rootfs: string): Map<string, string> {
  const names = readdirSync(rootfs, { recursive: true, encoding: 'utf8' }).sort()
  const compared = names.filter((name) => !ownBooks.test(name) && !ofBuildah.test(name))
  return new Map(compared.map((name) => [name, describeFile(join(rootfs, name), name)]))
}

function differences(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...one.keys(), ...other.keys()])].sort()
  return names
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => `${name}: native ${one.get(name) ?? 'absent'}, buildah ${other.get(name) ?? 'absent'}`)
}

describe.skipIf(tools.missing || process.getuid?.() !== 0)(
  tools.title(`the two builders of ${asked}`),
  () => {
    let work = ''

    beforeAll(() => {
      work = mkdtempSync(join(tmpdir(), 'svcsplit-agree-'))
      const run = (program: string, args: readonly string[], cwd = work) =>
        execFileSync(program, args, {
          cwd,
          env: { ...process.env, STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' },
          stdio: ['ignore', 'pipe', 'pipe'],
          maxBuffer: 64 * 1024 * 1024,
        })
      run(process.execPath, [main, 'build', asked, '-o', 'oci:native'])
      run(process.execPath, [main, 'build', asked, '--builder', 'buildah', '-o', 'oci:bybuildah'])
      run(process.execPath, [main, 'dockerfile', asked, 'context'])
      const storage = ['--root', join(work, 'root'), '--runroot', join(work, 'run')]
      // As the Containerfile's own header says, in a storage of this test's own.
      const context = join(work, 'context')
      run(
        'buildah',
        [...storage, 'build', '--network', 'host', '--build-arg', 'BASE=oci:base', '-t', 'image', '.'],
        context,
      )
      run('buildah', [...storage, 'push', 'image', `oci:${work}/byhand:image`])
      for (const layout of ['native', 'bybuildah'])
        run('umoci', ['unpack', '--image', `${layout}:${asked.replace('@', ':')}`, `${layout}-bundle`])
      run('umoci', ['unpack', '--image', 'byhand:image', 'byhand-bundle'])
      // Three builds, two of them by buildah without a cache.
    }, 3_600_000)
    afterAll(() => rmSync(work, { recursive: true, force: true }))

    it.each([
      ['byhand', 'the Containerfile, built by hand'],
      ['bybuildah', 'build --builder buildah, which is proved as every image is'],
    ])('give the same files, modes and owners: %s, %s', (layout) => {
      const native = treeOf(join(work, 'native-bundle/rootfs'))
      expect(native.size).toBeGreaterThan(10_000)
      expect(differences(native, treeOf(join(work, `${layout}-bundle/rootfs`)))).toEqual([])
    })

    it('agree on how the image is run and what it says of itself', () => {
      const config = (layout: string) => {
        const image = `oci:${join(work, layout)}:${asked.replace('@', ':')}`
        const told = execFileSync('skopeo', ['inspect', '--config', image], { encoding: 'utf8' })
        return JSON.parse(told).config
      }
      expect(config('bybuildah')).toEqual(config('native'))
    })
  },
)
