import { visible } from '#errors.js'
import { failure } from './failure.js'

/** An environment that wheels may fit. */
interface TagEnvironment {
  /** `3.11`; a patch release does not matter. */
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** `2.36` */
  readonly glibc: string
}

const machines = { 'linux/amd64': 'x86_64', 'linux/arm64': 'aarch64' } as const
/** The oldest glibc that a tag exists for (PEP 513, PEP 599, PEP 600). */
const oldestGlibc = { 'linux/amd64': 5, 'linux/arm64': 17 } as const
/** Names from before PEP 600, right behind the tag that they mean. */
const legacyNames: ReadonlyMap<number, string> = new Map([
  [17, 'manylinux2014'],
  [12, 'manylinux2010'],
  [5, 'manylinux1'],
])

const cache = new Map<string, readonly string[]>()

/**
 * The tags of wheels that fit a CPython on Linux with glibc, the best first, as packaging orders them (PEP 425,
 * PEP 600). Throws E-REQ-VERSION.
 */
export function supportedTags(environment: TagEnvironment): readonly string[] {
  const { python, platform, glibc } = environment
  const key = `${python} ${platform} ${glibc}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const tags = tagsOf(
    minorOf(python, /^3\.(\d{1,3})(?:\.\d{1,3})?$/, 'a Python version'),
    platformTags(environment),
  )
  cache.set(key, tags)
  return tags
}

function tagsOf(minor: number, platforms: readonly string[]): string[] {
  const tags: string[] = []
  const add = (prefix: string) => {
    for (const platform of platforms) tags.push(`${prefix}-${platform}`)
  }
  add(`cp3${minor}-cp3${minor}`)
  add(`cp3${minor}-abi3`)
  add(`cp3${minor}-none`)
  // The stable ABI is there since 3.2 (PEP 384).
  for (let older = minor - 1; older >= 2; older--) add(`cp3${older}-abi3`)
  const generic = [`py3${minor}`, 'py3']
  for (let older = minor - 1; older >= 0; older--) generic.push(`py3${older}`)
  for (const python of generic) add(`${python}-none`)
  tags.push(`cp3${minor}-none-any`)
  for (const python of generic) tags.push(`${python}-none-any`)
  return tags
}

function platformTags({ platform, glibc }: TagEnvironment): string[] {
  const machine = machines[platform]
  const newest = minorOf(glibc, /^2\.(\d{1,3})$/, 'a glibc version')
  const tags = [`linux_${machine}`]
  for (let minor = newest; minor >= oldestGlibc[platform]; minor--) {
    tags.push(`manylinux_2_${minor}_${machine}`)
    const legacy = legacyNames.get(minor)
    if (legacy !== undefined) tags.push(`${legacy}_${machine}`)
  }
  return tags
}

function minorOf(text: string, form: RegExp, what: string): number {
  const minor = form.exec(text)?.[1]
  if (minor === undefined)
    throw failure('E-REQ-VERSION', `'${visible(text)}' is not ${what} that has wheels`, text, 0)
  return Number(minor)
}
