import { describe, expect, it } from 'vitest'
import { debianPurl, ociPurl, pypiPurl, readPypiPurl } from '#attest/purl.js'
import { normalizeName } from '#pep/name.js'

describe('package URLs', () => {
  it.each([
    [pypiPurl(normalizeName('Oslo.Config'), '9.7.1'), 'pkg:pypi/oslo-config@9.7.1'],
    [pypiPurl(normalizeName('a'), '1!2.0+local.1'), 'pkg:pypi/a@1%212.0%2Blocal.1'],
    [
      debianPurl('libstdc++6', '1:12~rc1-3', { vendor: 'debian', distro: 'debian-12', arch: 'amd64' }),
      'pkg:deb/debian/libstdc%2B%2B6@1:12~rc1-3?arch=amd64&distro=debian-12',
    ],
    [ociPurl('Glance', 'sha256:0f', 'arm64'), 'pkg:oci/glance@sha256:0f?arch=arm64'],
  ])('are written by the specification: %s', (written, expected) => {
    expect(written).toBe(expected)
  })

  it.each([
    ['pkg:pypi/Oslo.Config@9.7.1', { name: 'Oslo.Config', version: '9.7.1' }],
    ['pkg:pypi/a@1%212.0%2Blocal?file_name=a.whl#x', { name: 'a', version: '1!2.0+local' }],
    ['PKG:PyPI/a', { name: 'a' }],
    ['pkg://pypi/a@1', { name: 'a', version: '1' }],
    ['pkg:npm/a@1', undefined],
    ['pkg:pypi/%zz@1', undefined],
    ['pkg:pypi/ns/a@1', undefined],
  ])('of distributions are read: %s', (text, expected) => {
    expect(readPypiPurl(text)).toEqual(expected)
  })
})
