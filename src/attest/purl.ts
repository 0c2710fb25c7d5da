import type { DistributionName } from '#pep/name.js'

/** Percent-encoding as package URLs have it (purl-spec, "Character encoding"): a colon stays. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function qualified(purl: string, qualifiers: readonly (readonly [string, string | undefined])[]): string {
  const known = qualifiers
    .flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key}=${encoded(value)}`]))
    .sort()
  return known.length === 0 ? purl : `${purl}?${known.join('&')}`
}

export function pypiPurl(name: DistributionName, version: string): string {
  return `pkg:pypi/${encoded(name)}@${encoded(version)}`
}

/** `upstream` is the qualifier by which scanners find Debian's advisories, which go by source package. */
export function debianPurl(
  name: string,
  version: string,
  qualifiers: {
    readonly vendor: string
    readonly arch?: string
    readonly distro?: string
    readonly upstream?: string
  },
): string {
  const { vendor, arch, distro, upstream } = qualifiers
  return qualified(`pkg:deb/${encoded(vendor)}/${encoded(name)}@${encoded(version)}`, [
    ['arch', arch],
    ['distro', distro],
    ['upstream', upstream],
  ])
}

export function ociPurl(name: string, digest: string, arch: string): string {
  return qualified(`pkg:oci/${encoded(name.toLowerCase())}@${encoded(digest)}`, [['arch', arch]])
}

/** Name and version, decoded, of a package URL of the type pypi; undefined for any other. */
export function readPypiPurl(text: string): { readonly name: string; readonly version?: string } | undefined {
  const parts = /^pkg:\/{0,2}pypi\/([^@?#/]+)(?:@([^?#]+))?(?:[?#]|$)/i.exec(text)
  if (parts === null) return undefined
  try {
    const version = parts[2] === undefined ? undefined : decodeURIComponent(parts[2])
    return { name: decodeURIComponent(parts[1]!), ...(version === undefined ? {} : { version }) }
  } catch {
    return undefined
  }
}
