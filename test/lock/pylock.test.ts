import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { freeze, type Pinned } from '#lock/freeze.js'
import { formatPylock } from '#lock/pylock.js'
import { normalizeName } from '#pep/name.js'

const target = {
  service: 'demo',
  release: '2025.1',
  root: normalizeName('demo'),
  python: '3.11',
  platform: 'linux/amd64',
  glibc: '2.36',
} as const

function pinned(
  name: string,
  version: string,
  files: readonly string[],
  dependencies: readonly string[] = [],
): Pinned {
  return {
    name: normalizeName(name),
    version,
    dependencies: dependencies.map(normalizeName),
    files: files.map((filename) => ({
      filename,
      sha256: 'b'.repeat(64),
      size: 12,
      uploadTime: '2025-04-02T10:11:12.123456Z',
    })),
  }
}

const pins = [
  pinned('zope', '2.0', ['zope-2.0.tar.gz']),
  pinned('demo', '1.0', ['demo-1.0-py3-none-any.whl'], ['zope', 'alpha']),
  pinned('alpha', '3"0', ['alpha-3-py3-none-any.whl']),
]

describe('formatPylock', () => {
  it('is TOML in the shape of PEP 751', () => {
    const lock = parse(formatPylock(freeze(target, pins))) as Record<string, unknown>

    expect(lock).toMatchObject({
      'lock-version': '1.0',
      'created-by': 'svcsplit',
      'requires-python': '==3.11.*',
      packages: [
        { name: 'alpha', version: '3"0' },
        {
          name: 'demo',
          dependencies: [{ name: 'alpha' }, { name: 'zope' }],
          wheels: [{ name: 'demo-1.0-py3-none-any.whl', path: 'wheels/demo-1.0-py3-none-any.whl', size: 12 }],
        },
        { name: 'zope', sdist: { name: 'zope-2.0.tar.gz', hashes: { sha256: 'b'.repeat(64) } } },
      ],
      tool: { svcsplit: { service: 'demo', release: '2025.1', root: 'demo' } },
    })
  })

  it('gives the same bytes whatever the order of the pins', () => {
    expect(formatPylock(freeze(target, pins.toReversed()))).toBe(formatPylock(freeze(target, pins)))
  })

  it('gives a URL instead of a path where the index told one', () => {
    const root = pinned('demo', '1.0', ['demo-1.0-py3-none-any.whl'])
    const files = root.files.map((file) => ({ ...file, url: 'https://index.example/demo.whl' }))
    const text = formatPylock(freeze(target, [{ ...root, files }]))
    expect(text).toContain('url = "https://index.example/demo.whl"')
    expect(text).not.toContain('path = ')
  })
})

describe('freeze', () => {
  it('names every distribution that has no file for this Python and platform', () => {
    const short = [
      ...pins,
      pinned('only-windows', '1', ['only_windows-1-cp311-cp311-win_amd64.whl']),
      pinned('gone', '2', []),
    ]
    expect(() => freeze(target, short)).toThrowError(
      expect.objectContaining({
        code: 'E-LCK-NOFILE',
        message: expect.stringMatching(/only-windows 1: none of 1 files fits; gone 2: no files are known/),
      }),
    )
  })
})
