import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { Image } from '#image/assemble.js'
import { writeLayout } from '#image/layout.js'
import { exists, readText } from '#io/files.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import type { Lock } from '#lock/lock.js'
import { formatPylock } from '#lock/pylock.js'
import { type Digest, hexOf } from '#oci/digest.js'
import type { Progress } from '#progress.js'
import type { VerifyFinding } from '#verify/finding.js'
import type { StartedProcess, StartSummary } from '#verify/start.js'
import type { VerifiedImage } from '#verify/verify-image.js'
import { toolVersion } from '#version.js'

/** What an image that was just made is held against. */
interface ProofQuestion {
  readonly lock: Lock
  readonly wheels: readonly WheelSource[]
  readonly processes: readonly StartedProcess[]
}

export interface ProofRequest extends ProofQuestion {
  readonly image: Image
  /** Folders with `sha256/<hex>`: together they hold every layer. */
  readonly sources: readonly string[]
  /** Of the environment. */
  readonly prefix: string
  readonly cacheDir: string
  readonly progress?: Progress
}

/** What is told of a proof. */
export interface Proof {
  /** Whether an earlier run has proved the same digest. */
  readonly cached: boolean
  readonly start: StartSummary
  readonly findings: readonly VerifyFinding[]
}

/** Raised when a rule is added or changed: older proofs count no more. */
const proofFormat = 3

/**
 * Where the proof of an image is kept: a digest names every byte of it, so that what was proved without an
 * error, started included, holds for ever.
 */
export function proofRecord(cacheDir: string, digest: Digest, question: ProofQuestion): string {
  const { lock, wheels, processes } = question
  const asked = [
    proofFormat,
    toolVersion(),
    formatPylock(lock),
    wheels.map(({ sha256 }) => sha256),
    processes,
  ]
  const key = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16)
  return join(cacheDir, 'verified', `${hexOf(digest)}-${key}.json`)
}

/** The proof that an earlier run has kept; one that cannot be read is none. */
export async function knownProof(record: string): Promise<Proof | undefined> {
  if (!(await exists(record))) return undefined
  try {
    const { findings, start } = JSON.parse(await readText(record)) as VerifiedImage
    if (!Array.isArray(findings) || typeof start !== 'object') return undefined
    return { cached: true, start, findings }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof SvcsplitError) return undefined
    throw error
  }
}

/**
 * Looks at every byte of an image and starts it, from a layout of hard links beside the cache: nobody has seen
 * it by then, and no tag has moved.
 * @throws SvcsplitError E-IMG-UNFIT if it is not what its lock says or does not start; E-IMG-*, E-FS-*, E-WHL-*
 */
export async function proveImage(request: ProofRequest): Promise<Proof> {
  const { image, sources, prefix, cacheDir, progress, ...question } = request
  const record = proofRecord(cacheDir, image.descriptor.digest, question)
  const known = await knownProof(record)
  if (known !== undefined) return known
  const { verifyImage } = await import('#verify/verify-image.js')
  const verified = await tempDir(
    `${tempPrefix}verify-`,
    async (dir) => {
      await writeLayout(dir, [{ name: 'image', image }], sources)
      return verifyImage({
        dir,
        prefix,
        start: 'auto',
        ...(progress === undefined ? {} : { progress }),
        expect: async () => question,
      })
    },
    { parent: cacheDir },
  )
  const { findings, start } = verified
  requireFit(findings)
  // Without a start it is no proof: the next run may have an engine.
  if (start.engine !== 'none') await writeAtomic(record, `${JSON.stringify(verified)}\n`)
  return { cached: false, start, findings }
}

/** More findings than a person reads at once. */
const mostTold = 20

function requireFit(findings: readonly VerifyFinding[]): void {
  const lines = findings.filter(({ level }) => level === 'error').map(findingLine)
  const [first, ...more] = lines
  if (first === undefined) return
  const rest =
    more.length > mostTold ? [...more.slice(0, mostTold), `and ${more.length - mostTold} more`] : more
  throw new SvcsplitError('E-IMG-UNFIT', [first, ...rest].join('\n'), {
    hint: 'nothing was delivered; --no-verify builds it nevertheless, and "svcsplit verify" tells all about it',
  })
}

/** One finding in one line. */
function findingLine({ rule, path, message }: VerifyFinding): string {
  return `${rule}: ${path === undefined ? '' : `${path}: `}${message}`
}
