import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { DistributionFile } from '#catalog/catalog.js'
import type { FactCache } from '#io/fact-cache.js'
import { readBytes } from '#io/files.js'
import type { DistributionFacts } from '#surface/module-facts.js'
import { isPasteFile } from '#surface/paste-file.js'
import { type ReadBefore, readDistribution, type SourceFile } from '#surface/read-distribution.js'
import { unpackMember } from '#wheels/unpack-member.js'
import { readZipArchive } from '#wheels/zip-archive.js'
import { hashOfSources } from './checkout-sources.js'

/** Raised when what is read of a source means something else than before. */
export const factsKind = 'surface-5'

/**
 * Of the files of a version the one that is read: a wheel for CPython 3.11 on amd64 before one for every system, as
 * installers choose, since the latter lacks compiled modules; else any.
 */
export function fileToRead(files: readonly DistributionFile[]): DistributionFile | undefined {
  const rank = ({ filename }: DistributionFile): number => {
    if (filename.includes('x86_64') && /-(?:cp311-cp311|cp3\d+-abi3)-/.test(filename)) return 0
    return filename.endsWith('-any.whl') ? 1 : 2
  }
  return files
    .filter(({ filename }) => filename.endsWith('.whl'))
    .toSorted((a, b) => rank(a) - rank(b) || a.size - b.size || (a.filename < b.filename ? -1 : 1))[0]
}

/**
 * The files that a wheel installs as libraries, by the paths at which Python finds them, and paste files by those under
 * the environment: `etc/nova/api-paste.ini`.
 */
export function wheelSources(bytes: Buffer, filename: string): readonly SourceFile[] {
  return readZipArchive(bytes, filename).flatMap((member) => {
    if (member.directory) return []
    const data = /^[^/]+\.data\/data\/(.+)$/.exec(member.name)?.[1]
    if (data !== undefined && isPasteFile(data))
      return [{ path: data, read: () => unpackMember(bytes, member, filename) }]
    const path = member.name.replace(/^[^/]+\.data\/(?:purelib|platlib)\//, '')
    if (/^[^/]+\.(?:data|dist-info)\//.test(path)) return []
    return [{ path, read: () => unpackMember(bytes, member, filename) }]
  })
}

/**
 * What is kept of a wheel, read once and then remembered by its hash.
 * @param path where the wheel lies
 * @throws E-WHL-*, E-FS-*
 */
export async function factsOfWheel(
  wheel: DistributionFile,
  path: string,
  cache: FactCache,
  before?: ReadBefore,
): Promise<DistributionFacts> {
  return remembered(cache, wheel.sha256, async () =>
    readDistribution(wheelSources(await readBytes(path), wheel.filename), before),
  )
}

/** What is kept of files that may change, read anew when one of them did. @throws E-FS-*, E-WHL-* */
export async function factsOfFiles(
  files: readonly SourceFile[],
  cache: FactCache,
): Promise<DistributionFacts> {
  return remembered(cache, hashOfSources(files), () => readDistribution(files))
}

async function remembered(
  cache: FactCache,
  sha256: string,
  read: () => Promise<DistributionFacts>,
): Promise<DistributionFacts> {
  const known = await cache.get(factsKind, sha256)
  if (known !== undefined)
    return JSON.parse(inflateRawSync(Buffer.from(known, 'base64')).toString()) as DistributionFacts
  const facts = await read()
  await cache.put(factsKind, sha256, deflateRawSync(JSON.stringify(facts), { level: 4 }).toString('base64'))
  return facts
}
