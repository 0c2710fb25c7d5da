import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { cacheDir } from '#io/cache-dir.js'
import { hexOf } from '#oci/digest.js'
import { needs } from '../support/tools.js'

const tools = needs('mmdebstrap', 'gzip', 'skopeo', 'umoci')
const at = { from: 'debian:bookworm', platform: 'linux/amd64' }

describe.skipIf(tools.missing)(tools.title('a bootstrapped Debian base'), () => {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-base-'))
  let base: BaseImage
  let members: readonly string[]

  beforeAll(async () => {
    base = await prepareBase({ ...at, cacheDir: cacheDir() })
    const layer = join(base.layout, 'blobs', 'sha256', hexOf(base.manifest.layers[0]!.digest))
    const listing = execFileSync('tar', ['tzf', layer], { encoding: 'utf8', maxBuffer: 1 << 28 })
    members = listing.split('\n').map((name) => name.replace(/^\.\//, ''))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('has the Python and glibc of its suite', () => {
    expect(base).toMatchObject({ python: '3.11', pythonPath: '/usr/bin/python3.11', glibc: '2.36' })
    expect(base.packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ca-certificates', 'libc6', 'tzdata']),
    )
  })

  it('has no apt, pip, compiler, logs, caches, nor anything of the machine that made it', () => {
    const unwanted =
      /^(?:usr\/bin\/(?:apt|apt-get|pip3?|gcc|cc)|var\/lib\/apt\/.+|var\/cache\/apt\/.+|var\/log\/.*[^/]|etc\/apt\/sources\.list.*|etc\/(?:resolv\.conf|hostname|machine-id)|dev\/.+)$/
    expect(members.filter((name) => unwanted.test(name))).toEqual([])
    expect(members.some((name) => /dist-packages\/pip\//.test(name))).toBe(false)
  })

  it('lists what runs with the rights of its owner', () => {
    expect(base.setuid).toEqual(['/usr/bin/newgrp', '/usr/bin/su', '/usr/sbin/unix_chkpwd'])
  })

  it('is read by skopeo and unpacked by umoci', () => {
    const inspected = JSON.parse(
      execFileSync('skopeo', ['inspect', `oci:${base.layout}`], { encoding: 'utf8' }),
    )
    expect(inspected.Digest).toBe(base.digest)
    execFileSync('skopeo', ['copy', '--quiet', `oci:${base.layout}`, `oci:${dir}/copy:base`])
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless']
    execFileSync('umoci', ['unpack', ...rootless, '--image', `${dir}/copy:base`, `${dir}/bundle`], {
      stdio: 'ignore',
    })
    const python = join(dir, 'bundle', 'rootfs', 'usr', 'bin', 'python3.11')
    expect(readFileSync(python).subarray(0, 4).toString('latin1')).toBe('\u007fELF')
  })

  it('is the same bytes when it is bootstrapped again, whatever time zone and umask', async () => {
    const zone = process.env.TZ
    const mask = process.umask(0o077)
    process.env.TZ = 'Asia/Tokyo'
    try {
      const again = await prepareBase({ ...at, cacheDir: join(dir, 'cache') })
      // the archive may have moved on since the base of the cache was made
      if (JSON.stringify(again.packages) === JSON.stringify(base.packages))
        expect(again.digest).toBe(base.digest)
      else expect((await prepareBase({ ...at, cacheDir: join(dir, 'cache2') })).digest).toBe(again.digest)
    } finally {
      process.umask(mask)
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  it('is made once for two that want it at the same time', async () => {
    const started: string[] = []
    const progress = { step: (label: string) => started.push(label) }
    const options = { ...at, cacheDir: cacheDir(), packages: ['netbase', 'media-types'], progress }
    const [one, two] = await Promise.all([prepareBase(options), prepareBase(options)])
    expect(one.digest).toBe(two.digest)
    expect(started.filter((label) => label.startsWith('pack')).length).toBeLessThanOrEqual(1)
  })

  it('tells a package that does not exist', async () => {
    const options = { ...at, cacheDir: join(dir, 'cache3'), packages: ['no-such-package-at-all'] }
    await expect(prepareBase(options)).rejects.toMatchObject({
      code: 'E-IMG-BASE',
      message: expect.stringContaining('no-such-package-at-all'),
    })
  })
})
