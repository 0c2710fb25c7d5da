import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareBase } from '#base/base-image.js'
import { renderContainerfile } from '#dockerfile/containerfile.js'
import { buildWithBuildah, writeContext } from '#dockerfile/context.js'
import { cacheDir } from '#io/cache-dir.js'
import { normalizeName } from '#pep/name.js'
import { pinnedWheel, shippedBuildRequirements } from '../support/pinned-wheels.js'
import { needs } from '../support/tools.js'
import { writeWheel } from '../support/wheel-writer.js'

const tools = needs('buildah', 'mmdebstrap', 'unshare', 'skopeo', 'umoci', 'python3')

/** Owners are kept and a root can be changed only by root. */
const root = process.getuid?.() === 0

/** What a profile could hold at its worst: every character that a shell or a Containerfile gives a meaning. */
const nasty = `/var/lib/it's "a" $HOME \\n ; touch x # \` & é`

describe.skipIf(tools.missing)(tools.title('a Containerfile run by buildah'), () => {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-containerfile-'))
  const rootfs = join(dir, 'bundle', 'rootfs')
  let config: Record<string, unknown>

  beforeAll(async () => {
    const base = await prepareBase({ from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: cacheDir() })
    const wheel = writeWheel(
      [
        { name: 'demo.py', content: 'def main():\n    print("demo runs")\n' },
        { name: 'demo-1.0.data/data/etc/demo/demo.conf', content: 'x = 1\n' },
      ],
      { entryPoints: '[console_scripts]\ndemo-api = demo:main\n' },
    )
    mkdirSync(join(dir, 'store'))
    const path = join(dir, 'store', wheel.filename)
    writeFileSync(path, wheel.bytes)
    const pip = (await shippedBuildRequirements()).wheels.find(({ name }) => name === 'pip')!
    const demo = normalizeName('demo')
    const containerfile = renderContainerfile(
      {
        service: 'demo',
        root: demo,
        python: base.python,
        platform: 'linux/amd64',
        glibc: base.glibc,
        distributions: [{ name: demo, version: '1.0', dependencies: [] }],
      },
      {
        user: { name: 'demo', uid: 42400, gid: 42401 },
        directories: ['/var/lib/demo', nasty],
        data: new Map([['etc/demo', '/etc/demo']]),
      },
      {
        base: 'svcsplit-base',
        prefix: '/opt/venv',
        pythonPath: base.pythonPath,
        wheels: [{ name: demo, version: '1.0', filename: wheel.filename, sha256: wheel.sha256 }],
        pip,
        command: ['demo-api', nasty],
        ports: [9000],
        sudoers: '',
      },
    )
    const context = join(dir, 'context')
    await writeContext(
      context,
      containerfile,
      [
        { path, filename: wheel.filename },
        { path: pinnedWheel(pip), filename: pip.filename },
      ],
      base,
    )
    const image = `${dir}/image:demo`
    // buildah refuses such a path as the name of an image, and users' caches lie in one
    mkdirSync(join(dir, '.Cache'))
    symlinkSync(base.layout, join(dir, '.Cache/base'))
    await buildWithBuildah(context, {
      base: { ...base, layout: join(dir, '.Cache/base') },
      destination: `oci:${image}`,
      cacheDir: dir,
    })
    config = JSON.parse(
      execFileSync('skopeo', ['inspect', '--config', `oci:${image}`], { encoding: 'utf8' }),
    ).config
    const rootless = root ? [] : ['--rootless']
    execFileSync('umoci', ['unpack', ...rootless, '--image', image, join(dir, 'bundle')], { stdio: 'ignore' })
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('gives the configuration that the profile and the lock say, to the letter', () => {
    expect(config).toEqual({
      User: '42400:42401',
      ExposedPorts: { '9000/tcp': {} },
      Env: [
        'PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'PYTHONDONTWRITEBYTECODE=1',
      ],
      Cmd: ['demo-api', nasty],
    })
  })

  it('makes the folders of the service, whatever their names, and nothing by accident', () => {
    expect(statSync(join(rootfs, nasty))).toMatchObject(root ? { uid: 42400, gid: 42401 } : {})
    expect(() => statSync(join(rootfs, 'x'))).toThrow()
    expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8')).toMatch(
      /^demo:\*:42400:42401::\/var\/lib\/demo:/m,
    )
    expect(readFileSync(join(rootfs, 'etc/demo/demo.conf'), 'utf8')).toBe('x = 1\n')
  })

  it.skipIf(!root)('has an environment that runs, without pip, wheels and bytecode', () => {
    const output = execFileSync('chroot', [rootfs, '/opt/venv/bin/demo-api'], { encoding: 'utf8' })
    expect(output).toBe('demo runs\n')
    const files = readdirSync(join(rootfs, 'opt'), { recursive: true, encoding: 'utf8' })
    expect(files.filter((name) => /site-packages\/pip|\.whl$|\.pyc$/.test(name))).toEqual([])
    expect(readdirSync(rootfs)).not.toContain('build')
  })
})
