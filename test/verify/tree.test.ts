import { describe, expect, it } from 'vitest'
import { programPath, resolvePath, type Tree, type TreeNode } from '#verify/tree.js'

function tree(entries: Readonly<Record<string, string>>): Tree {
  return new Map(
    Object.entries(entries).map(([path, kind]) => {
      const link = kind.startsWith('-> ') ? kind.slice(3) : undefined
      const type: TreeNode['type'] = link !== undefined ? 'link' : kind === '' ? 'folder' : 'file'
      const node = { type, mode: kind === 'x' ? 0o755 : 0o644, uid: 0, gid: 0, size: 0, layer: 0 }
      return [path, { ...node, target: link ?? '' }]
    }),
  )
}

describe('a path in an image', () => {
  const merged = tree({
    bin: '-> usr/bin',
    'usr/bin/python3': '-> python3.11',
    'usr/bin/python3.11': 'x',
    'usr/bin/tool': '-> /etc/alternatives/tool',
    'etc/alternatives/tool': '-> ../../usr/lib/tool',
    'usr/lib/tool': 'x',
    'usr/lib/plain': 'f',
    up: '-> ../../../usr/lib',
    round: '-> trip',
    trip: '-> round',
    deep: '-> deep/deep',
  })

  it.each([
    ['bin/python3', 'usr/bin/python3.11'],
    ['bin/tool', 'usr/lib/tool'],
    ['/bin/../bin/./python3', 'usr/bin/python3.11'],
    ['up/tool', 'usr/lib/tool'],
    ['usr/nothing/here', 'usr/nothing/here'],
    ['round', undefined],
    ['deep', undefined],
  ])('follows links and stays inside: %s', (path, meant) => {
    expect(resolvePath(merged, path)).toBe(meant)
  })

  it.each([
    ['tool', '/nowhere:/bin', 'usr/lib/tool'],
    ['/bin/python3', '', 'usr/bin/python3.11'],
    ['plain', '/usr/lib', undefined],
    ['absent', '/usr/bin', undefined],
  ])('of a program is found as execvp finds it: %s', (program, path, found) => {
    expect(programPath(merged, program, path)).toBe(found)
  })
})
