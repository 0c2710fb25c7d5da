import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))

/** Slow: Debian's packages are configured by an emulated processor. `npm run test:arm64` asks for it. */
const asked = process.env.SVCSPLIT_TEST_ARM64 === '1'
const emulated = existsSync('/proc/sys/fs/binfmt_misc/qemu-aarch64')

describe.runIf(asked)('an image for both processors', () => {
  const work = mkdtempSync(join(tmpdir(), 'svcsplit-arm64-'))
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  function svcsplit(...args: readonly string[]): string {
    return execFileSync(process.execPath, [main, ...args], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  it('needs an emulator: qemu-user-static and arch-test, and binfmt_misc mounted', () => {
    expect(emulated).toBe(true)
  })

  it('is one index, each image with the wheels of its processor, proved by starting it', () => {
    const platforms = ['linux/amd64', 'linux/arm64']
    const args = ['--platform', platforms.join(','), '-o', 'oci:images', '--report', 'json']
    const [image] = JSON.parse(svcsplit('build', 'placement@2025.1', ...args)).images
    expect(image.platforms.map((one: { platform: string }) => one.platform)).toEqual(platforms)
    for (const { proof } of image.platforms) {
      expect(proof.start.engine).not.toBe('none')
      expect(proof.findings).toEqual([])
    }
    const { platforms: verified } = JSON.parse(
      svcsplit('verify', 'oci:images', '--start', 'none', '-o', 'json'),
    )
    expect(
      verified.map((one: { platform: string; findings: unknown[] }) => [one.platform, one.findings]),
    ).toEqual(platforms.map((platform) => [platform, []]))
  }, 3_600_000)
})
