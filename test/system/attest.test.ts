import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionsOfSbom } from '#attest/sbom-reader.js'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const tools = needs('mmdebstrap', 'buildah', 'skopeo', 'umoci', 'docker-registry', 'openssl', 'python3')

let work = ''
let registry: DockerRegistry | undefined
let host = ''

function svcsplit(...args: readonly string[]): string {
  return execFileSync(process.execPath, [main, ...args], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

function exitCode(...args: readonly string[]): number {
  try {
    svcsplit(...args)
    return 0
  } catch (error) {
    return (error as { status: number }).status
  }
}

function skopeo(...args: readonly string[]): string {
  return execFileSync('skopeo', ['--policy', join(work, 'policy.json'), ...args], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

describe.skipIf(tools.missing)(tools.title('the attested image of glance 2025.1'), () => {
  let digest = ''

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'svcsplit-attest-'))
    writeFileSync(join(work, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
    registry = await startDockerRegistry(work)
    host = registry.host
    for (const [name, ...kind] of [
      ['ed25519', '-algorithm', 'ed25519'],
      ['p256', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ]) {
      execFileSync('openssl', ['genpkey', ...kind, '-out', `${name}.pem`], { cwd: work, stdio: 'ignore' })
      execFileSync('openssl', ['pkey', '-in', `${name}.pem`, '-pubout', '-out', `${name}.pub`], { cwd: work })
    }
    svcsplit('build', 'glance@2025.1', '-o', 'oci:images', '--write-lock', 'pylock.glance.toml')
    digest = JSON.parse(skopeo('inspect', 'oci:images:glance:2025.1')).Digest
    svcsplit('attest', 'oci:images', '--lock', 'pylock.glance.toml', '--sign', 'ed25519.pem')
  })

  afterAll(async () => {
    await registry?.stop()
    rmSync(work, { recursive: true, force: true })
  })

  it('is still what skopeo and umoci take, under the same digest', () => {
    skopeo('copy', 'oci:images:glance:2025.1', 'oci:copied:glance:2025.1')
    expect(JSON.parse(skopeo('inspect', 'oci:copied:glance:2025.1')).Digest).toBe(digest)
    expect(execFileSync('umoci', ['ls', '--layout', 'images'], { cwd: work, encoding: 'utf8' }).trim()).toBe(
      'glance:2025.1',
    )
  })

  it('has every distribution of its lock in its SBOMs, and every Debian package', () => {
    svcsplit('attest', 'oci:images', '--lock', 'pylock.glance.toml', '-o', 'files=files', '--sbom', 'both')
    const lock = readFileSync(join(work, 'pylock.glance.toml'), 'utf8')
    const locked = [...lock.matchAll(/^\[\[packages\]\]\nname = "([^"]+)"\nversion = "([^"]+)"/gm)]
    expect(locked.length).toBeGreaterThan(100)
    for (const file of ['glance-2025.1.cdx.json', 'glance-2025.1.spdx.json']) {
      const text = readFileSync(join(work, 'files', file), 'utf8')
      expect(distributionsOfSbom(text)).toHaveLength(locked.length)
      expect(text).toMatch(/pkg:deb\/debian\/libc6@2\.36-[^"]*distro=debian-12/)
      // a hash for each, of wheels that were built too
      const hashes = text.match(/"content": "[0-9a-f]{64}"|"checksumValue": "[0-9a-f]{64}"/g)
      expect(hashes).toHaveLength(locked.length + 1)
    }
  })

  it('has an SPDX document that the tools of SPDX find valid', () => {
    const venv = join(process.env.SVCSPLIT_CACHE_DIR!, 'spdx-tools')
    const program = join(venv, 'bin', 'pyspdxtools')
    if (!existsSync(program)) {
      execFileSync('python3', ['-m', 'venv', venv])
      execFileSync(join(venv, 'bin', 'pip'), ['install', '--quiet', 'spdx-tools==0.8.3'])
    }
    const file = join(work, 'files', 'glance-2025.1.spdx.json')
    execFileSync(program, ['--infile', file], { stdio: 'pipe' })
    const broken = join(work, 'broken.spdx.json')
    writeFileSync(broken, readFileSync(file, 'utf8').replaceAll('SPDXRef-image', 'SPDXRef_image'))
    expect(() => execFileSync(program, ['--infile', broken], { stdio: 'pipe' })).toThrow()
  })

  it('gets the same SBOM without a lock at hand, by what it says of itself', () => {
    svcsplit('attest', 'oci:images', '--sbom', 'cyclonedx', '-o', 'files=own')
    const own = JSON.parse(readFileSync(join(work, 'own', 'glance-2025.1.cdx.json'), 'utf8'))
    const given = JSON.parse(readFileSync(join(work, 'files', 'glance-2025.1.cdx.json'), 'utf8'))
    const purls = ({ components }: { components: { purl: string }[] }) => components.map(({ purl }) => purl)
    expect(purls(own)).toEqual(purls(given))
  })

  it('goes to a registry with its documents, to be verified there, and comes back with them', () => {
    const to = `${host}/openstack/glance:2025.1`
    const pushed = JSON.parse(svcsplit('push', 'oci:images', `registry:${to}`, '-o', 'json'))
    expect(pushed.digest).toBe(digest)
    expect(pushed.referrers).toHaveLength(3)
    const verified = JSON.parse(svcsplit('attest', 'verify', to, '--key', 'ed25519.pub', '--report', 'json'))
    expect(verified).toMatchObject({ holds: true, digest })
    expect(verified.documents.map(({ covered }: { covered: boolean }) => covered)).toEqual([true, true])
    expect(exitCode('attest', 'verify', to, '--key', 'p256.pub')).toBe(1)
    skopeo('copy', '--src-tls-verify=false', `docker://${to}`, 'oci:pulled:glance:2025.1')
    expect(JSON.parse(skopeo('inspect', 'oci:pulled:glance:2025.1')).Digest).toBe(digest)
    svcsplit('copy', to, 'oci:back:glance:2025.1', '--referrers')
    expect(exitCode('attest', 'verify', 'oci:back', '--key', 'ed25519.pub')).toBe(0)
  })

  it('may be signed by a second key beside the first', () => {
    svcsplit('attest', 'oci:images', '--lock', 'pylock.glance.toml', '--sign', 'p256.pem')
    expect(exitCode('attest', 'verify', 'oci:images', '--key', 'p256.pub')).toBe(0)
    expect(exitCode('attest', 'verify', 'oci:images', '--key', 'ed25519.pub')).toBe(0)
  })

  it('bears signatures that openssl verifies', () => {
    svcsplit(
      'attest',
      'oci:images',
      '--lock',
      'pylock.glance.toml',
      '--sign',
      'p256.pem',
      '-o',
      'files=signed',
    )
    const file = readdirSync(join(work, 'signed')).find((name) => name.endsWith('.sigstore.json'))!
    const { dsseEnvelope } = JSON.parse(readFileSync(join(work, 'signed', file), 'utf8'))
    const payload = Buffer.from(dsseEnvelope.payload, 'base64')
    const head = `DSSEv1 ${dsseEnvelope.payloadType.length} ${dsseEnvelope.payloadType} ${payload.length} `
    writeFileSync(join(work, 'pae'), Buffer.concat([Buffer.from(head), payload]))
    writeFileSync(join(work, 'sig'), Buffer.from(dsseEnvelope.signatures[0].sig, 'base64'))
    const args = ['dgst', '-sha256', '-verify', 'p256.pub', '-signature', 'sig', 'pae']
    expect(execFileSync('openssl', args, { cwd: work, encoding: 'utf8' })).toContain('Verified OK')
  })

  it('answers whether it carries a distribution, by SBOM and by layers alike', () => {
    const ask = (...more: readonly string[]) =>
      JSON.parse(
        svcsplit('images', '--with', 'PyMySQL', ...more, '-o', 'json', 'oci:images', 'pylock.glance.toml'),
      )
    const [bySbom, byLayers] = [ask(), ask('--no-sbom')]
    expect(bySbom.carriers.map(({ from }: { from: string }) => from)).toEqual(['sbom', 'lock'])
    expect(byLayers.carriers.map(({ from }: { from: string }) => from)).toEqual(['layers', 'lock'])
    expect(byLayers.carriers[0].versions).toEqual(bySbom.carriers[0].versions)
    expect(ask('--below', '0.1').carriers).toEqual([])
  })
})
