import { describe, expect, it } from 'vitest'
import { freeze } from '#lock/freeze.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { formatPylock } from '#lock/pylock.js'
import { normalizeName } from '#pep/name.js'

function file(filename: string) {
  const sha256 = 'b'.repeat(64)
  return {
    filename,
    sha256,
    size: 12,
    uploadTime: '2025-04-02T10:11:12.123Z',
    url: `https://index.example/${filename}`,
  }
}

const lock = freeze(
  {
    service: 'demo',
    release: '2025.1',
    root: normalizeName('demo'),
    python: '3.11',
    platform: 'linux/amd64',
    glibc: '2.36',
  },
  [
    {
      name: normalizeName('alpha'),
      version: '3.0',
      dependencies: [],
      files: [file('alpha-3.0-py3-none-any.whl')],
    },
    {
      name: normalizeName('demo'),
      version: '1.0',
      requiresPython: '>=3.9',
      dependencies: ['alpha', 'zope'].map(normalizeName),
      files: [file('demo-1.0-py3-none-any.whl')],
    },
    { name: normalizeName('zope'), version: '2.0', dependencies: [], files: [file('zope-2.0.tar.gz')] },
  ],
)
const text = formatPylock(lock)

describe('a lock on disk', () => {
  it('is read back as it was written', () => {
    expect(parsePylock(text, 'pylock.demo.toml')).toEqual(lock)
  })

  it('is written again with the same bytes', () => {
    expect(formatPylock(parsePylock(text, 'pylock.demo.toml'))).toBe(text)
  })

  const lineOf = (start: string) => text.split('\n').findIndex((line) => line.startsWith(start)) + 1

  it.each<[string, (text: string) => string, RegExp, number | undefined]>([
    ['no TOML', (lines) => lines.replace('[[packages]]', '[[packages'), /not TOML/, lineOf('[[packages]]')],
    ['another version of the format', (lines) => lines.replace('"1.0"', '"2.0"'), /lock-version/, undefined],
    ['a key that nobody knows', (lines) => lines.replace('created-by', 'made-by'), /"made-by"/, undefined],
    [
      'a name that is not normalised',
      (lines) => lines.replace('name = "alpha"', 'name = "Alpha"'),
      /"Alpha" is not the normalised name/,
      lineOf('[[packages]]'),
    ],
    [
      'a name twice',
      (lines) => lines.replace('name = "zope"\nversion', 'name = "demo"\nversion'),
      /sorted/,
      undefined,
    ],
    [
      'a weak hash',
      (lines) => lines.replace('b'.repeat(64), 'b'.repeat(32)),
      /sha256 is/,
      lineOf('[[packages]]'),
    ],
    [
      'a version that is none',
      (lines) => lines.replace('"3.0"', '"three"'),
      /three is none by PEP 440/,
      undefined,
    ],
    [
      'a filename with a path',
      (lines) => lines.replace('"alpha-3.0', '"../alpha-3.0'),
      /impossible name/,
      undefined,
    ],
    ['no file', (lines) => lines.replace(/^wheels = .*\n/m, ''), /neither a wheel nor an sdist/, undefined],
    [
      'no word of what it is for',
      (lines) => lines.slice(0, lines.indexOf('[tool.svcsplit]')),
      /no table/,
      undefined,
    ],
    [
      'a platform that is not known',
      (lines) => lines.replace('linux/amd64', 'linux/s390x'),
      /platform/,
      lineOf('[tool.svcsplit]'),
    ],
    [
      'a root that it does not hold',
      (lines) => lines.replace('root = "demo"', 'root = "other"'),
      /root other/,
      lineOf('[tool.svcsplit]'),
    ],
  ])('is refused with its place: %s', (_title, change, message, line) => {
    const changed = change(text)
    expect(changed).not.toBe(text)
    const at = { path: 'pylock.demo.toml', ...(line === undefined ? {} : { line }) }
    try {
      parsePylock(changed, 'pylock.demo.toml')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'E-LCK-FORM', message: expect.stringMatching(message), at })
    }
  })
})
