import { Readable } from 'node:stream'
import { SvcsplitError, visible } from '#errors.js'
import { tarWalker } from '#io/tar-reader.js'
import { unpack } from '#io/unpack.js'
import { bufferSource } from './byte-sources.js'
import { readZipDirectory, readZipMember } from './zip-directory.js'

/** Unpacked sdists of real distributions stay far below. */
const maxUnpacked = 768 * 1024 * 1024
/** What unpacks to more than this and to far more than it is packed is a bomb: source code is a tenth. */
const suspicious = 64 * 1024 * 1024
const highestRatio = 100

/** The text of `<folder>/PKG-INFO`; undefined if there is none, or if the archive has a form that is not read. @throws E-SDT-FORM */
export async function readSdistMetadata(
  bytes: Buffer,
  filename: string,
  longest: number = maxUnpacked,
): Promise<string | undefined> {
  if (filename.endsWith('.zip')) {
    const source = bufferSource(filename, bytes)
    const member = (await readZipDirectory(source)).find(({ name }) => /^[^/]+\/PKG-INFO$/.test(name))
    return member === undefined ? undefined : (await readZipMember(source, member)).toString('utf8')
  }
  if (!/\.(?:tar\.gz|tgz)$/.test(filename)) return undefined
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SvcsplitError('E-SDT-FORM', `${filename} is damaged: ${problem}`, { cause })
  }
  let found: Buffer | undefined
  let isAsked = false
  const walker = tarWalker(
    {
      entry({ path, type }) {
        if (type !== '0' || isAsked || !/^[^/]+\/PKG-INFO$/.test(path)) return false
        isAsked = true
        return true
      },
      file(content) {
        found = content
      },
    },
    (problem, member) => refuse(member === undefined ? problem : `${problem}, at ${visible(member)}`),
  )
  let unpacked = 0
  try {
    await unpack(Readable.from([bytes]), 'gzip', (chunk) => {
      unpacked += chunk.length
      const isBomb = unpacked > suspicious && unpacked > bytes.length * highestRatio
      if (unpacked > longest || isBomb) refuse('it unpacks to more than anything legitimate')
      walker.push(chunk)
    })
    walker.end()
  } catch (cause) {
    if (cause instanceof SvcsplitError) throw cause
    refuse('it is no gzip archive, or it breaks off', cause)
  }
  return found?.toString('utf8')
}
