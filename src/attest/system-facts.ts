/** A package of dpkg's record. */
export interface SystemPackage {
  readonly name: string
  readonly version: string
  readonly architecture?: string
  /** The source package where it is named otherwise or has another version, as `glibc` or `glibc@2.36-9`. */
  readonly source?: string
}

/** The Linux distribution of an image, by os-release(5). */
export interface SystemRelease {
  /** `debian` */
  readonly id: string
  /** `12`; testing and unstable have none. */
  readonly version?: string
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly title: string
}

/** Installed packages of `/var/lib/dpkg/status`, or of a file in `status.d`, where Status may be missing. */
export function parseSystemPackages(text: string): readonly SystemPackage[] {
  const packages: SystemPackage[] = []
  for (const stanza of text.split(/\n{2,}/)) {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:(.*)$`, 'm').exec(stanza)?.[1]?.trim()
    const name = field('Package')
    const version = field('Version')
    const status = field('Status')
    if (name === undefined || version === undefined || name === '' || version === '') continue
    if (status !== undefined && !/\binstalled$/.test(status)) continue
    const architecture = field('Architecture')
    const source = sourceOf(field('Source'), name)
    packages.push({
      name,
      version,
      ...(architecture === undefined ? {} : { architecture }),
      ...(source === undefined ? {} : { source }),
    })
  }
  return packages
}

/** `glibc (2.36-9)`, or the name alone where the version is the package's own. */
function sourceOf(text: string | undefined, name: string): string | undefined {
  const parts = /^(\S+)(?:\s+\(([^()\s]+)\))?$/.exec(text ?? '')
  if (parts === null) return undefined
  if (parts[2] !== undefined) return `${parts[1]}@${parts[2]}`
  return parts[1] === name ? undefined : parts[1]
}

/** @returns undefined for a text without an ID */
export function parseSystemRelease(text: string): SystemRelease | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}=(?:"([^"\\n]*)"|'([^'\\n]*)'|(.*))$`, 'm')
      .exec(text)
      ?.slice(1)
      .find((part) => part !== undefined)
  const id = field('ID')
  if (id === undefined || id === '') return undefined
  const version = field('VERSION_ID')
  return {
    id,
    ...(version === undefined || version === '' ? {} : { version }),
    title: field('PRETTY_NAME') ?? id,
  }
}
