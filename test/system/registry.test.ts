import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SvcsplitError } from '#errors.js'
import { encodeImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { openRegistry } from '#registry/registry.js'
import { copy } from '#verbs/copy.js'
import { pull, push } from '#verbs/push.js'
import { retag } from '#verbs/retag.js'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js'
import { needs } from '../support/tools.js'

const need = needs('docker-registry', 'skopeo', 'umoci', 'openssl')
const dir = need.missing ? '' : mkdtempSync(join(tmpdir(), 'svcsplit-registry-'))
const servers: DockerRegistry[] = []

async function serve(name: string, extra: Record<string, unknown> = {}): Promise<DockerRegistry> {
  const server = await startDockerRegistry(dir, name, extra)
  servers.push(server)
  return server
}

function blob(layout: string, bytes: Uint8Array, mediaType: string): Descriptor {
  const digest = sha256(bytes)
  mkdirSync(join(layout, 'blobs', 'sha256'), { recursive: true })
  writeFileSync(join(layout, 'blobs', 'sha256', hexOf(digest)), bytes)
  return { mediaType, digest, size: bytes.length }
}

/** A real image: a tar layer for each text. */
function image(name: string, ...texts: readonly string[]): { layout: string; digest: string } {
  const layout = join(dir, name)
  const layers: Descriptor[] = []
  const diffIds = texts.map((text, index) => {
    const tree = mkdtempSync(join(dir, 'tree-'))
    writeFileSync(join(tree, `file-${index}`), text)
    const tar = execFileSync(
      'tar',
      ['--mtime=@1', '--owner=0', '--group=0', '--sort=name', '-cC', tree, '.'],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    layers.push(blob(layout, gzipSync(tar, { level: 0 }), mediaTypes.layerGzip))
    return sha256(tar)
  })
  const config = blob(
    layout,
    encodeImageConfig({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }),
    mediaTypes.config,
  )
  const manifest = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers })
  const root = blob(layout, manifest, mediaTypes.manifest)
  const annotations = new Map([['org.opencontainers.image.ref.name', 'glance:1']])
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(layout, 'index.json'),
    encodeImageIndex({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ ...root, annotations }],
    }),
  )
  return { layout, digest: root.digest }
}

function skopeo(...args: readonly string[]): string {
  return execFileSync('skopeo', ['--policy', join(dir, 'policy.json'), ...args], { encoding: 'utf8' })
}

const http = { environment: { HOME: '/nonexistent', PATH: process.env.PATH } }
const large = 'x'.repeat(9 * 1024 * 1024)

describe.skipIf(need.missing)(need.title("with Debian's registry"), () => {
  let server: DockerRegistry

  beforeAll(async () => {
    writeFileSync(join(dir, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
    server = await serve('first')
  })

  afterAll(async () => {
    for (const one of servers) await one.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('a pushed image is what skopeo and umoci read, pieces and all', async () => {
    const { layout, digest } = image('pushed', 'small', large)
    const to = `${server.host}/openstack/glance:1`
    const result = await push({
      from: `oci:${layout}`,
      to: `registry:${to}`,
      chunkBytes: 2 * 1024 * 1024,
      http,
    })
    expect(result).toMatchObject({
      digest,
      moved: { blobs: 3 },
      mounted: { blobs: 0 },
      present: { blobs: 0 },
    })
    expect(server.log()).toContain('PATCH /v2/openstack/glance/blobs/uploads/')
    const inspected = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${to}`)) as {
      Digest: string
    }
    expect(inspected.Digest).toBe(digest)
    skopeo('copy', '--src-tls-verify=false', `docker://${to}`, `oci:${join(dir, 'by-skopeo')}:x`)
    execFileSync('umoci', [
      'unpack',
      '--rootless',
      '--image',
      `${join(dir, 'by-skopeo')}:x`,
      join(dir, 'bundle'),
    ])
    expect(readFileSync(join(dir, 'bundle', 'rootfs', 'file-1'), 'utf8')).toBe(large)
  })

  it('a second push sends nothing, and another repository takes the layers over', async () => {
    const { layout, digest } = image('again', 'small', large)
    const from = `oci:${layout}:glance:1`
    const second = await push({ from, to: `${server.host}/openstack/glance:1`, http })
    expect(second).toMatchObject({ digest, moved: { bytes: 0 }, present: { blobs: 3 } })
    const other = await push({
      from,
      to: `${server.host}/openstack/nova:1`,
      mountFrom: ['openstack/glance'],
      http,
    })
    expect(other).toMatchObject({ moved: { bytes: 0 }, mounted: { blobs: 3 } })
  })

  it('a pulled image has the same digest, and skopeo reads the layout', async () => {
    const layout = join(dir, 'pulled')
    const pulled = await pull({
      from: `${server.host}/openstack/glance:1`,
      to: `oci:${layout}:glance:1`,
      http,
    })
    expect(pulled.moved.blobs).toBe(3)
    const inspected = JSON.parse(skopeo('inspect', `oci:${layout}:glance:1`)) as { Digest: string }
    expect(inspected.Digest).toBe(pulled.digest)
  })

  it('an image that skopeo pushed is pulled', async () => {
    const { layout } = image('of-skopeo', 'from skopeo')
    const name = `${server.host}/openstack/heat:1`
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      '--format',
      'v2s2',
      `oci:${layout}:glance:1`,
      `docker://${name}`,
    )
    const pulled = await pull({ from: name, to: `oci:${join(dir, 'from-skopeo')}:heat:1`, http })
    expect(pulled.mediaType).toBe(mediaTypes.dockerManifest)
    execFileSync('umoci', ['stat', '--image', `${join(dir, 'pulled')}:glance:1`])
  })

  it('a tag goes forward and back without a blob', async () => {
    const { layout, digest } = image('newer', 'small', 'newer')
    const current = `${server.host}/openstack/glance:current`
    const old = await retag({ reference: `${server.host}/openstack/glance:1`, tag: 'current', http })
    const pushed = await push({ from: `oci:${layout}`, to: current, http })
    expect(pushed.previous).toBe(old.digest)
    const back = await retag({
      reference: `${server.host}/openstack/glance@${old.digest}`,
      tag: 'current',
      http,
    })
    expect(back).toMatchObject({ digest: old.digest, previous: digest })
    const inspected = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${current}`)) as {
      Digest: string
    }
    expect(inspected.Digest).toBe(old.digest)
  })

  it('a document about an image is found by the tag that stands in for the referrers API', async () => {
    const registry = openRegistry(http)
    const repository = { registry: server.host, repository: 'openstack/glance' }
    try {
      const subject = await registry.resolve({ ...repository, tag: '1' })
      const document = {
        artifactType: 'application/vnd.cyclonedx+json',
        mediaType: 'application/vnd.cyclonedx+json',
        bytes: Buffer.from('{}'),
      }
      const attached = await registry.attach(repository, subject!, document)
      const found = await registry.referrers(repository, subject!.digest)
      expect(found).toMatchObject({ via: 'tag', referrers: [{ digest: attached }] })
    } finally {
      await registry.close()
    }
  })

  it('an image goes to a registry with TLS and a login, and nowhere without trust', async () => {
    const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        certificate,
        '-days',
        '2',
        ...subject,
      ],
      { stdio: 'ignore' },
    )
    // ci, test-password
    writeFileSync(join(dir, 'htpasswd'), 'ci:$2b$04$BkoUYYl7YVwZFrwCbhnGh.Rkqnd7bz.CuWnV2koeVAZ.Bynrq5llq\n')
    const target = await serve('second', {
      http: { tls: { certificate, key } },
      auth: { htpasswd: { realm: 'test', path: join(dir, 'htpasswd') } },
    })
    const auth = Buffer.from('ci:test-password').toString('base64')
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ auths: { [target.host]: { auth } } }))
    const from = `${server.host}/openstack/glance:1`
    const to = `${target.host}/mirror/glance:1`
    const trusting = { ...http.environment, SSL_CERT_FILE: certificate, DOCKER_CONFIG: dir }
    const codeOf = async (environment: Record<string, string | undefined>): Promise<string> =>
      copy({ from, to, http: { environment } }).then(
        () => 'done',
        (error: SvcsplitError) => error.code,
      )
    expect(await codeOf({ ...trusting, SSL_CERT_FILE: undefined })).toBe('E-NET-TLS')
    expect(await codeOf({ ...trusting, DOCKER_CONFIG: '/nonexistent' })).toBe('E-REG-AUTH')
    expect(await codeOf(trusting)).toBe('done')
    const args = ['inspect', '--tls-verify=false', '--creds', 'ci:test-password', `docker://${to}`]
    const there = JSON.parse(skopeo(...args)) as { Digest: string }
    const here = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${from}`)) as { Digest: string }
    expect(there.Digest).toBe(here.Digest)
  })
})
