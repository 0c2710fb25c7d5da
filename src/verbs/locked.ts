import type { BaseImage } from '#base/base-image.js'
import { SvcsplitError } from '#errors.js'
import type { Lock } from '#lock/lock.js'
import type { ServiceParts } from './service-parts.js'

interface Wanted {
  readonly service: string
  readonly release: string
  readonly platform: string
}

function differs(message: string, hint: string): SvcsplitError {
  return new SvcsplitError('E-LCK-DIFFERS', message, { hint })
}

/** Whether wheels for `older` run on `newer` (`2.36`, `2.41`): glibc is compatible forwards. */
export function glibcFits(older: string, newer: string): boolean {
  const minor = (version: string): number => Number(version.split('.')[1])
  return minor(older) <= minor(newer)
}

/** A lock holds for one service release, Python and platform, and for no older glibc. @throws E-LCK-DIFFERS */
export function requireFitting(lock: Lock, { service, release, platform }: Wanted, base: BaseImage): void {
  const another = 'take the lock of this service release, or write it with svcsplit lock'
  if (lock.service !== service || (lock.release ?? release) !== release)
    throw differs(
      `the lock is for ${lock.service}${lock.release === undefined ? '' : `@${lock.release}`}, not for ${service}@${release}`,
      another,
    )
  if (lock.platform !== platform)
    throw differs(`the lock is for ${lock.platform}, not for ${platform}`, another)
  if (lock.python !== base.python)
    throw differs(
      `the lock is for Python ${lock.python}, and ${base.name} has Python ${base.python}`,
      'take a base with that Python: --base',
    )
  if (!glibcFits(lock.glibc, base.glibc))
    throw differs(
      `the lock may have wheels for glibc ${lock.glibc}, and ${base.name} has glibc ${base.glibc}`,
      'take a newer base: --base',
    )
}

/** With `--locked`: the base of the lock, package by package, and wheels of sdists by their bytes. @throws E-LCK-DIFFERS */
export function requireSameBase(lock: Lock, base: BaseImage): void {
  const again = 'write a new lock (--write-lock), or bring the base that was locked (--base oci:DIR)'
  const unnamed = lock.distributions.find(({ wheel, built }) => wheel === undefined && built === undefined)
  if (lock.base === undefined)
    throw differs(
      'the lock does not say which base it was built on',
      'svcsplit build --write-lock writes such locks',
    )
  if (unnamed !== undefined)
    throw differs(
      `the lock does not say which wheel ${unnamed.name} ${unnamed.version} was built into`,
      'svcsplit build --write-lock writes such locks',
    )
  if (lock.base.digest === base.digest) return
  const here = new Map(base.packages.map(({ name, version }) => [name, version]))
  const locked = new Map(lock.base.packages.map(({ name, version }) => [name, version]))
  const changed = [...new Set([...locked.keys(), ...here.keys()])]
    .filter((name) => locked.get(name) !== here.get(name))
    .sort()
    .map((name) => `${name} ${locked.get(name) ?? 'absent'} -> ${here.get(name) ?? 'absent'}`)
  const told = changed.length === 0 ? 'the same packages in other bytes' : changed.slice(0, 10).join(', ')
  throw differs(
    `the base is not the locked one: ${lock.base.digest} is locked, ${base.name} is ${base.digest} (${told})`,
    again,
  )
}

/** The lock of an image with what only its build could tell: the base, and the wheels made from sdists. */
export function lockAsBuilt({ lock, base, files }: ServiceParts): Lock {
  const built = new Map(files.built.map((wheel) => [wheel.name as string, wheel]))
  const { name, digest, packages } = base
  return {
    ...lock,
    distributions: lock.distributions.map((distribution) => {
      const wheel = built.get(distribution.name)
      if (wheel === undefined) return distribution
      const { filename, sha256, size } = wheel
      return { ...distribution, built: { filename, sha256, size } }
    }),
    base: { name, digest, packages: packages.map(({ name, version }) => ({ name, version })) },
  }
}
