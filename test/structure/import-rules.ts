/** What one folder of `src/` may import. `types` means `import type` only. errors.ts and progress.ts are open to all. */
export interface FolderRule {
  readonly folder: string
  readonly rank: number
  readonly purpose: string
  readonly may: readonly string[]
  readonly types: readonly string[]
}

function rule(
  rank: number,
  folder: string,
  purpose: string,
  may: readonly string[],
  types: readonly string[] = [],
): FolderRule {
  return { folder, rank, purpose, may, types }
}

const belowVerbs = [
  ...[
    'pep',
    'oci',
    'io',
    'inputs',
    'catalog',
    'surface',
    'solver',
    'collisions',
    'lock',
    'wheels',
    'dockerfile',
    'upgrade',
  ],
  ...['wheelhouse', 'base', 'layers', 'image', 'registry', 'attest', 'verify', 'export'],
]

/** The folders in rank order; docs/architecture.md shows the same table and a test keeps the two equal. */
export const folderRules: readonly FolderRule[] = [
  rule(0, 'pep', 'words of Python packaging, pure', []),
  rule(0, 'oci', 'words of OCI, pure', []),
  rule(1, 'io', 'the only place with network, disk and processes', ['oci']),
  rule(2, 'inputs', 'files to a fleet: profiles, requirements, constraints, each with origins', [
    'pep',
    'io',
  ]),
  rule(2, 'catalog', 'what exists and what it demands', ['pep', 'io']),
  rule(
    3,
    'surface',
    'names that code uses and names that libraries bind, from Python sources',
    ['pep', 'io'],
    ['catalog'],
  ),
  rule(
    3,
    'solver',
    'one environment: closure under pins, solve, minimal conflicts',
    ['pep'],
    ['inputs', 'catalog'],
  ),
  rule(
    4,
    'collisions',
    'many services: findings, matrix of release hops',
    ['pep', 'solver'],
    ['inputs', 'catalog', 'surface'],
  ),
  rule(4, 'lock', 'a closure or solution frozen to files and hashes', ['pep'], ['solver', 'catalog']),
  rule(5, 'wheels', 'a locked wheel to verified file entries', ['pep', 'oci', 'io'], ['lock']),
  rule(5, 'dockerfile', 'the same lock as a readable Containerfile', ['pep', 'io'], ['lock', 'inputs']),
  rule(5, 'upgrade', 'a fleet that runs and what is wanted to ordered steps, windows and the way back', [
    'inputs',
  ]),
  rule(
    6,
    'wheelhouse',
    'sdist to wheel, in a sandbox made of the base',
    ['pep', 'io', 'dockerfile'],
    ['lock', 'oci'],
  ),
  rule(6, 'base', 'the base image and its system packages', ['oci', 'io'], ['inputs']),
  rule(6, 'layers', 'wheels to ordered, byte-stable layers', ['oci', 'io', 'wheels'], ['pep']),
  rule(7, 'image', 'layers and config to an OCI image and layout', ['oci', 'io', 'layers']),
  rule(8, 'registry', 'push, pull, mount, retag, referrers', ['oci', 'io', 'image']),
  rule(
    8,
    'attest',
    'SBOM, provenance and signature of an image, from its lock',
    ['pep', 'oci', 'io', 'layers', 'image'],
    ['lock'],
  ),
  rule(8, 'verify', 'is an image what its lock says, and does it start', [
    ...['pep', 'oci', 'io', 'lock', 'wheels', 'dockerfile', 'layers', 'image'],
  ]),
  rule(8, 'export', 'a plan as files for an engine that exists', ['upgrade']),
  rule(
    8,
    'report',
    'results to text and JSON; reads nothing, decides nothing',
    [],
    ['pep', 'inputs', 'catalog', 'surface', 'solver', 'collisions', 'lock', 'upgrade', 'image', 'verbs'],
  ),
  rule(9, 'verbs', 'the pipelines, one screen each', belowVerbs),
  rule(10, 'cli', 'thin commander shells', ['io', 'verbs', 'report'], ['solver', 'collisions']),
]

/** Modules that only `io/` may import: every effect on the world goes through it. */
export const effectModules = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:http',
  'node:https',
  'undici',
  'execa',
]

/** Modules that nothing may import, with the reason. */
export const bannedModules = new Map([['semver', 'a Python version is not a semantic version']])
