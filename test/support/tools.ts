import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that tests of the system project drive, and the Debian package that has each. */
export const systemTools: ReadonlyMap<string, string> = new Map([
  ['buildah', 'buildah'],
  ['skopeo', 'skopeo'],
  ['umoci', 'umoci'],
  ['podman', 'podman'],
  ['runc', 'runc'],
  ['crun', 'crun'],
  ['mmdebstrap', 'mmdebstrap'],
  ['bwrap', 'bubblewrap'],
  ['unshare', 'util-linux'],
  ['gzip', 'gzip'],
  ['python3', 'python3'],
  ['docker-registry', 'docker-registry'],
  ['openssl', 'openssl'],
  ['minisat', 'minisat'],
])

/** Python that fits `debian:bookworm`, with the module venv complete, for comparisons with pip. */
export const pythonPackages = ['python3-venv', 'python3-pip']

/** Where users without a login shell lack programs of the administrator. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

export function hasTool(name: string): boolean {
  return folders.some((folder) => folder !== '' && existsSync(join(folder, name)))
}

/** The tools of a list that are not there. */
export function missingTools(...names: readonly string[]): readonly string[] {
  return names.filter((name) => !hasTool(name))
}

/**
 * For `describe.skipIf(needs.missing)(needs.title('...'))`: a suite without its tools is skipped under a title
 * that names them. With CI=true it is not skipped and fails: a green run has to have run everything.
 */
export function needs(...names: readonly string[]): {
  readonly missing: boolean
  title(text: string): string
} {
  const missing = missingTools(...names)
  return {
    missing: missing.length > 0 && process.env.CI !== 'true',
    title: (text) => (missing.length === 0 ? text : `${text} (needs ${missing.join(', ')})`),
  }
}
