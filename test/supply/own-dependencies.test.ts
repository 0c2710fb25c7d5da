import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly link?: boolean
  readonly resolved?: string
}

const root = join(import.meta.dirname, '../..')
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const manifest = read('package.json')
const all = Object.entries(read('package-lock.json').packages as Record<string, LockedPackage>).filter(
  ([path]) => path !== '',
)
/** `name version` of what the bundle took in, as it says itself. */
const shipped = [
  ...readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8').matchAll(
    /^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*), /gm,
  ),
].map(([, name, version]) => `${name} ${version}`)

describe('the packages that svcsplit itself is made of', () => {
  it('are each locked by SHA-512, from no address of their own', () => {
    for (const [path, { integrity, link, resolved }] of all) {
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/)])
      expect([path, link, resolved]).toEqual([path, undefined, undefined])
    }
  })

  it('need no install scripts', () => {
    expect([manifest.dependencies, manifest.optionalDependencies]).toEqual([undefined, undefined])
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
  })

  it('are few, and named by version', () => {
    expect(shipped.length).toBeGreaterThan(5)
    expect(shipped.length).toBeLessThanOrEqual(40)
    const locked = new Set(
      all.map(([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`),
    )
    expect(shipped.filter((one) => !locked.has(one))).toEqual([])
    for (const range of Object.values(manifest.devDependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/)
  })
})
