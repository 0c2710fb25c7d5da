import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly link?: boolean
  readonly resolved?: string
}

const root = join(import.meta.dirname, '../..')
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const manifest = read('package.json')
const all = Object.entries(read('package-lock.json').packages as Record<string, LockedPackage>).filter(
  ([path]) => path !== '',
)
const shipped = all.filter(([, { dev }]) => dev !== true)

describe('the packages that svcsplit itself is made of', () => {
  it('are each locked by SHA-512, from no address of their own', () => {
    for (const [path, { integrity, link, resolved }] of all) {
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/)])
      expect([path, link, resolved]).toEqual([path, undefined, undefined])
    }
  })

  it('need no install scripts', () => {
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([])
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
  })

  it('are few, and named by version', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(10)
    expect(shipped.length).toBeLessThanOrEqual(40)
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/)
  })
})
