import { describe, expect, it } from 'vitest'
import type { DistributionFile } from '#catalog/catalog.js'
import { chooseFile } from '#lock/choose-file.js'
import { supportedTags } from '#pep/tags.js'

const target = {
  tags: supportedTags({ python: '3.11', platform: 'linux/amd64', glibc: '2.36' }),
  pythonFullVersion: '3.11.4',
}

function file(filename: string, more: Partial<DistributionFile> = {}): DistributionFile {
  return { filename, sha256: 'a'.repeat(64), size: 1, ...more }
}

function chosen(...files: readonly DistributionFile[]): string | undefined {
  const { wheel, sdist } = chooseFile(files, target)
  return (wheel ?? sdist)?.filename
}

describe('chooseFile', () => {
  it.each([
    ['a wheel before an sdist', ['a-1.tar.gz', 'a-1-py3-none-any.whl'], 'a-1-py3-none-any.whl'],
    [
      'a wheel of this interpreter before a pure one',
      ['a-1-py3-none-any.whl', 'a-1-cp311-cp311-manylinux_2_17_x86_64.whl'],
      'a-1-cp311-cp311-manylinux_2_17_x86_64.whl',
    ],
    [
      'the newer glibc of two that both fit',
      ['a-1-cp311-cp311-manylinux_2_17_x86_64.whl', 'a-1-cp311-cp311-manylinux_2_28_x86_64.whl'],
      'a-1-cp311-cp311-manylinux_2_28_x86_64.whl',
    ],
    [
      'a stable-ABI wheel of an older Python',
      ['a-1-cp37-abi3-manylinux_2_17_x86_64.whl', 'a-1-cp312-cp312-manylinux_2_17_x86_64.whl'],
      'a-1-cp37-abi3-manylinux_2_17_x86_64.whl',
    ],
    [
      'the highest build tag',
      ['a-1-2-py3-none-any.whl', 'a-1-10x-py3-none-any.whl'],
      'a-1-10x-py3-none-any.whl',
    ],
    [
      'the sdist when glibc is too old for the wheel',
      ['a-1-cp311-cp311-manylinux_2_40_x86_64.whl', 'a-1.tar.gz'],
      'a-1.tar.gz',
    ],
    [
      'the sdist when the wheel is for another machine',
      ['a-1-cp311-cp311-manylinux_2_17_aarch64.whl', 'a-1.tar.gz'],
      'a-1.tar.gz',
    ],
    ['the .tar.gz of two sdists', ['a-1.zip', 'a-1.tar.gz'], 'a-1.tar.gz'],
    ['nothing when nothing fits', ['a-1-cp39-cp39-win_amd64.whl'], undefined],
  ])('takes %s', (_title, names, expected) => {
    const files = names.map((name) => file(name))
    expect(chosen(...files)).toBe(expected)
    expect(chosen(...files.toReversed())).toBe(expected)
  })

  it('passes over files that this Python may not use', () => {
    const tooNew = file('a-1-py3-none-any.whl', { requiresPython: '>=3.12' })
    expect(chosen(tooNew, file('a-1.tar.gz', { requiresPython: '>=3.8' }))).toBe('a-1.tar.gz')
  })

  it('takes a yanked file, because the version is pinned', () => {
    expect(chosen(file('a-1-py3-none-any.whl', { yanked: 'broken' }))).toBe('a-1-py3-none-any.whl')
  })
})
