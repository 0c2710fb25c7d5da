import { describe, expect, it } from 'vitest'
import { encodeImageConfig, parseImageConfig } from '#oci/config.js'
import { parseDigest, sha256 } from '#oci/digest.js'
import { encodeImageIndex, parseImageIndex } from '#oci/image-index.js'
import { encodeManifest, type Manifest, parseManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { formatPlatform, parsePlatform, platformMatches } from '#oci/platform.js'
import { formatReference, parseLayoutReference, parseReference } from '#oci/reference.js'

const digest = sha256('x')
const descriptor = { mediaType: mediaTypes.layerGzip, digest, size: 1 }

describe('a digest', () => {
  it.each([
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `md5:${'a'.repeat(32)}`,
    `sha256:${'a'.repeat(64)}/..`,
  ])('is not %s', (text) => {
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'E-IMG-FORM' }))
  })
})

describe('a manifest', () => {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest, size: 2 },
    layers: [descriptor],
    annotations: new Map([
      ['b', '2'],
      ['a', '1'],
      ['__proto__', '3'],
    ]),
  }

  it('has one byte form, whatever the order of its annotations', () => {
    const other = { ...manifest, annotations: new Map([...manifest.annotations!].reverse()) }

    expect(encodeManifest(other)).toEqual(encodeManifest(manifest))
    expect(encodeManifest(manifest).toString()).toBe(
      `{"schemaVersion":2,"mediaType":"${mediaTypes.manifest}",` +
        `"config":{"mediaType":"${mediaTypes.config}","digest":"${digest}","size":2},` +
        `"layers":[{"mediaType":"${mediaTypes.layerGzip}","digest":"${digest}","size":1}],` +
        `"annotations":{"__proto__":"3","a":"1","b":"2"}}`,
    )
  })

  it('reads back what it wrote', () => {
    expect(parseManifest(encodeManifest(manifest))).toEqual(manifest)
  })

  it.each([
    ['not JSON', 'hello'],
    ['not an object', '[]'],
    ['of another schema', '{"schemaVersion":1}'],
    ['an index', `{"schemaVersion":2,"mediaType":"${mediaTypes.index}","manifests":[]}`],
    ['without layers', `{"schemaVersion":2,"config":${JSON.stringify(descriptor)}}`],
    [
      'with a digest that leads elsewhere',
      '{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:../../x","size":1},"layers":[]}',
    ],
    [
      'with a size below zero',
      `{"schemaVersion":2,"config":{"mediaType":"x","digest":"${digest}","size":-1},"layers":[]}`,
    ],
    [
      'manifest and index at once',
      `{"schemaVersion":2,"config":${JSON.stringify(descriptor)},"layers":[],"manifests":[]}`,
    ],
    ['larger than anything legitimate', ' '.repeat(5 * 1024 * 1024)],
  ])('is refused when it is %s', (_title, text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'E-IMG-FORM' }))
  })
})

describe('an index', () => {
  it('reads back what it wrote', () => {
    const index = {
      schemaVersion: 2 as const,
      mediaType: mediaTypes.index,
      manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
    }

    expect(parseImageIndex(encodeImageIndex(index))).toEqual(index)
  })
})

describe('a config', () => {
  it('reads what Go programs write, with null for what is absent', () => {
    const text = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {
        Env: ['A=b'],
        Cmd: null,
        Labels: null,
        ExposedPorts: { '80/tcp': {} },
        Volumes: null,
        OnBuild: null,
      },
      rootfs: { type: 'layers', diff_ids: [digest] },
      history: [{ created: '2026-01-01T00:00:00Z', created_by: 'x', empty_layer: true }],
    })

    const config = parseImageConfig(text)

    expect(config.config).toEqual({ Env: ['A=b'], ExposedPorts: ['80/tcp'] })
    expect(parseImageConfig(encodeImageConfig(config))).toEqual(config)
  })
})

describe('a reference', () => {
  it.each([
    ['registry.example/glance', { registry: 'registry.example', repository: 'glance' }],
    ['localhost/a/b:1.0', { registry: 'localhost', repository: 'a/b', tag: '1.0' }],
    [
      '127.0.0.1:5000/openstack/glance:2025.1',
      { registry: '127.0.0.1:5000', repository: 'openstack/glance', tag: '2025.1' },
    ],
    ['[::1]:5000/x', { registry: '[::1]:5000', repository: 'x' }],
    [`registry.example/x:t@${digest}`, { registry: 'registry.example', repository: 'x', tag: 't', digest }],
  ])('%s is read and written back', (text, expected) => {
    expect(parseReference(text)).toEqual(expected)
    expect(formatReference(parseReference(text))).toBe(text)
  })

  it.each([
    '',
    'glance',
    'library/glance',
    'registry.example/',
    'registry.example/UPPER',
    'registry.example/a//b',
    'registry.example/a:',
    'registry.example/a:b/c',
    'registry.example/../x',
    'registry.example/x@sha256:12',
    'https://registry.example/x',
    `registry.example/${'a'.repeat(2000)}`,
  ])('%j is refused', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'E-IMG-REF' }))
  })

  it.each([
    ['oci:out', { dir: 'out' }],
    ['oci:/a/b:glance:2025.1', { dir: '/a/b', name: 'glance:2025.1' }],
  ])('%s names a layout', (text, expected) => {
    expect(parseLayoutReference(text)).toEqual(expected)
  })

  it.each(['oci:', 'out', 'oci:out:', 'oci:out:bad name', 'docker:x'])('%s names no layout', (text) => {
    expect(() => parseLayoutReference(text)).toThrow(expect.objectContaining({ code: 'E-IMG-REF' }))
  })
})

describe('a platform', () => {
  it.each(['linux/amd64', 'linux/arm64/v8'])('%s is read and written back', (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text)
  })

  it('matches another variant only where one of the two names none', () => {
    const match = (a: string, b: string) => platformMatches(parsePlatform(a), parsePlatform(b))

    expect(match('linux/arm64/v8', 'linux/arm64')).toBe(true)
    expect(match('linux/arm64/v8', 'linux/arm64/v9')).toBe(false)
    expect(match('linux/amd64', 'linux/arm64')).toBe(false)
  })
})
