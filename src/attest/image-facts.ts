import { SvcsplitError } from '#errors.js'
import type { Manifest } from '#oci/manifest.js'
import type { FileFact, InstalledDistribution, LayerReader } from './layer-facts.js'
import type { SystemPackage, SystemRelease } from './system-facts.js'

/** What an image has on board. */
export interface ImageFacts {
  /** Sorted by name, then by folder. */
  readonly distributions: readonly InstalledDistribution[]
  /** Debian's, sorted by name; empty for other systems. */
  readonly packages: readonly SystemPackage[]
  readonly system?: SystemRelease
  /** Files that should name a distribution and do not. */
  readonly unclear: readonly { readonly path: string; readonly problem: string }[]
}

/**
 * Reads what an image in a layout has on board, upper layers over lower ones.
 * @throws SvcsplitError E-IMG-FORM, E-IMG-DIGEST, E-FS-*
 */
export async function readImageFacts(
  dir: string,
  manifest: Manifest,
  reader: LayerReader,
): Promise<ImageFacts> {
  const files = new Map<string, FileFact>()
  for (const layer of manifest.layers) {
    const facts = await reader(dir, layer)
    if (facts.removed.length > 0)
      for (const path of [...files.keys()])
        if (facts.removed.some((gone) => gone === '' || path === gone || path.startsWith(`${gone}/`)))
          files.delete(path)
    for (const [path, fact] of facts.files) files.set(path, fact)
  }
  const distributions: InstalledDistribution[] = []
  const packages: SystemPackage[] = []
  const unclear: { path: string; problem: string }[] = []
  let system: SystemRelease | undefined
  for (const [path, fact] of [...files].sort(([a], [b]) => byText(a, b))) {
    if (fact.kind === 'distribution') distributions.push(fact.distribution)
    else if (fact.kind === 'packages') packages.push(...fact.packages)
    else if (fact.kind === 'system') system ??= fact.system
    else unclear.push({ path, problem: fact.problem })
  }
  return {
    distributions: distributions.sort((a, b) => byText(a.name, b.name) || byText(a.folder, b.folder)),
    packages: packages.sort(
      (a, b) => byText(a.name, b.name) || byText(a.architecture ?? '', b.architecture ?? ''),
    ),
    ...(system === undefined ? {} : { system }),
    unclear,
  }
}

/** The Python of an environment by its folders, as `3.11`. @throws SvcsplitError E-ATT-LOCK */
export function pythonOf(facts: ImageFacts, prefix: string): string {
  for (const { folder } of facts.distributions) {
    const inside = `/${folder}`.startsWith(`${prefix}/lib/`) ? folder.slice(prefix.length + 4) : ''
    const python = /^python(3\.\d{1,3})\/site-packages\//.exec(inside)?.[1]
    if (python !== undefined) return python
  }
  throw new SvcsplitError('E-ATT-LOCK', `the image has no distributions in ${prefix}`, {
    hint: 'only images of svcsplit can be attested',
  })
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
