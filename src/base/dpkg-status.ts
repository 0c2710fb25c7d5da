export interface DebianPackage {
  readonly name: string
  readonly version: string
}

/**
 * Installed packages by dpkg's own record (`/var/lib/dpkg/status`, or one file of `status.d` as distroless
 * images have it, where the Status field may be missing), in the order of the text.
 */
export function parseDpkgStatus(text: string): readonly DebianPackage[] {
  const packages: DebianPackage[] = []
  for (const stanza of text.split(/\n{2,}/)) {
    const name = /^Package: *(\S+)/m.exec(stanza)?.[1]
    const version = /^Version: *(\S+)/m.exec(stanza)?.[1]
    const status = /^Status: *(.*)$/m.exec(stanza)?.[1]
    if (name === undefined || version === undefined) continue
    if (status !== undefined && !/\binstalled$/.test(status.trimEnd())) continue
    packages.push({ name, version })
  }
  return packages
}

/** `2.36` of libc6 `2.36-9+deb12u14`; none if the package is not there. */
export function glibcOfPackages(packages: readonly DebianPackage[]): string | undefined {
  const libc = packages.find(({ name }) => name === 'libc6')
  return /^(?:\d+:)?(\d+\.\d+)/.exec(libc?.version ?? '')?.[1]
}
