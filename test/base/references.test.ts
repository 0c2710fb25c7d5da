import { describe, expect, it } from 'vitest'
import { sourceLines } from '#base/apt-sources.js'
import { parseBaseReference } from '#base/base-reference.js'
import { baseKey, mmdebstrapArguments } from '#base/bootstrap.js'
import { glibcOfPackages, parseDpkgStatus } from '#base/dpkg-status.js'

describe('a base is named', () => {
  it('by a Debian suite', () => {
    expect(parseBaseReference('debian:bookworm')).toEqual({ kind: 'debian', suite: 'bookworm' })
  })

  it('by an OCI layout and a name in it', () => {
    expect(parseBaseReference('oci:/srv/base:team/python:3.11')).toEqual({
      kind: 'layout',
      dir: '/srv/base',
      name: 'team/python:3.11',
    })
  })

  it.each([
    '',
    'bookworm',
    'debian:',
    'debian:--help',
    'debian:Book Worm',
    'docker://x/y',
    'oci:',
  ])('and not by %j', (text) => {
    expect(() => parseBaseReference(text)).toThrow(expect.objectContaining({ code: 'E-IMG-REF' }))
  })
})

describe('the apt sources of a base', () => {
  const targets = [
    'bookworm|main|Debian|http://mirror.example/debian/',
    'bookworm-updates|main|Debian|http://mirror.example/debian/',
    'bookworm-security|main|Debian|http://mirror.example/debian-security/',
    'bookworm|stable|Someone|https://packages.example/linux/',
    'bookworm|contrib|Debian|http://mirror.example/debian/',
    'trixie|main|Debian|http://mirror.example/debian/',
    'bookworm|main|Debian|$(REPO_URI)',
    '',
  ].join('\n')

  it("are the machine's own of Debian's main archive, with updates and security", () => {
    expect(sourceLines(targets, 'bookworm')).toEqual([
      'deb http://mirror.example/debian/ bookworm main',
      'deb http://mirror.example/debian/ bookworm-updates main',
      'deb http://mirror.example/debian-security/ bookworm-security main',
    ])
  })

  it('are none where the machine has only updates of the suite', () => {
    expect(sourceLines('sid-updates|main|Debian|http://mirror.example/debian/', 'sid')).toEqual([])
  })
})

describe('the key of a base', () => {
  const parts = { suite: 'bookworm', platform: 'linux/amd64', packages: ['a', 'b'], mirrors: [] }

  it('does not depend on the order of its packages', () => {
    expect(baseKey({ ...parts, packages: ['b', 'a'] })).toBe(baseKey(parts))
  })

  it.each([
    ['suite', { suite: 'trixie' }],
    ['platform', { platform: 'linux/arm64' }],
    ['packages', { packages: ['a'] }],
    ['mirrors', { mirrors: ['http://snapshot.example/'] }],
  ])('depends on its %s', (_, change) => {
    expect(baseKey({ ...parts, ...change })).not.toBe(baseKey(parts))
  })
})

describe('what mmdebstrap is asked for', () => {
  it('leaves apt, recommendations and documents out, and licences in', () => {
    const args = mmdebstrapArguments(['python3'], 'arm64')
    expect(args).toContain('--architectures=arm64')
    expect(args).toContain('--variant=essential')
    expect(args.indexOf('--dpkgopt=path-include=/usr/share/doc/*/copyright')).toBeGreaterThan(
      args.indexOf('--dpkgopt=path-exclude=/usr/share/doc/*'),
    )
  })

  it('is refused for an architecture that Debian names otherwise', () => {
    expect(() => mmdebstrapArguments([], 'riscv64')).toThrow(expect.objectContaining({ code: 'E-IMG-BASE' }))
  })
})

describe("dpkg's record", () => {
  const status = [
    'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+deb12u14\nDescription: x\n Package: y',
    'Package: gone\nStatus: deinstall ok config-files\nVersion: 1',
    'Package: distroless\nVersion: 1:2.0-1',
  ].join('\n\n')

  it('gives installed packages with their versions, also where the status is left out', () => {
    expect(parseDpkgStatus(status)).toEqual([
      { name: 'libc6', version: '2.36-9+deb12u14' },
      { name: 'distroless', version: '1:2.0-1' },
    ])
  })

  it('gives the version of glibc', () => {
    expect(glibcOfPackages(parseDpkgStatus(status))).toBe('2.36')
    expect(glibcOfPackages([])).toBeUndefined()
  })
})
