import { randomBytes } from 'node:crypto'
import { SvcsplitError, visible } from '#errors.js'
import type { CompiledFile } from '#layers/bytecode-layer.js'
import { compileDriver } from './compile-driver.js'
import { type Engine, type EngineJob, engines, runIn } from './engines.js'
import type { ScannedImage } from './scan.js'

export interface CompileOptions {
  readonly image: ScannedImage
  /** `3.11` */
  readonly python: string
  /** Of the environment, relative to `/`. */
  readonly sitePackages: string
  /** The unpacked image. */
  readonly root: string
  readonly work: string
  readonly engine: Engine | 'auto'
  /** A folder of the unpacked image, absolute in it, that gets the files, numbered in their order; none are kept if left out. */
  readonly into?: string
}

const timeoutMs = 60 * 60_000
const maxAnswer = 64 * 1024 ** 2
/** Nobody: what compiles needs no right but to read. */
const nobody = { uid: 65534, gid: 65534 } as const

/**
 * Compiles the environment of an image in its own Python.
 * @returns the files in the order of their sources
 * @throws SvcsplitError E-EXE-* if nothing can run the image here
 */
export async function compileEnvironment(options: CompileOptions): Promise<readonly CompiledFile[]> {
  const { image, python, sitePackages, root, work, engine, into } = options
  const mark = randomBytes(16).toString('hex')
  const job: EngineJob = {
    root,
    work,
    image: { layout: image.dir, digest: image.digest },
    user: nobody,
    environment: ['PYTHONHASHSEED=0', 'LC_ALL=C.UTF-8'],
    command: [`/${image.prefix}/bin/python${python}`, '-s', '-S', '-c', compileDriver],
    input: JSON.stringify({ mark, site: `/${sitePackages}`, into: into ?? null }),
    timeoutMs,
    maxOutput: maxAnswer,
  }
  const failures: string[] = []
  // buildah starts from the image and not from its unpacked form: what it writes is not seen.
  const able = engines.filter((one) => into === undefined || one !== 'buildah')
  for (const one of engine === 'auto' ? able : [engine]) {
    try {
      const files = compiledIn(await runIn(one, job), mark)
      if (files !== undefined) return files
      failures.push(`${one}: no answer of the image`)
    } catch (error) {
      if (!(error instanceof SvcsplitError) || !error.code.startsWith('E-EXE-')) throw error
      failures.push(`${one}: ${visible(error.message.split('\n').at(-1)!)}`)
    }
  }
  throw new SvcsplitError('E-EXE-FAILED', `nothing can compile in the image here (${failures.join('; ')})`, {
    hint: 'install bubblewrap or podman; images of another processor need its emulator',
  })
}

/** What an image has a hand in is not believed to have a form. */
function compiledIn(output: string, mark: string): readonly CompiledFile[] | undefined {
  const line = output.split('\n').find((text) => text.startsWith(mark))
  let answer: unknown
  try {
    answer = JSON.parse(line?.slice(mark.length) ?? '')
  } catch {
    return undefined
  }
  if (!Array.isArray(answer)) return undefined
  const files: CompiledFile[] = []
  for (const one of answer) {
    if (!Array.isArray(one)) return undefined
    const [path, size, sha256] = one as unknown[]
    if (typeof path !== 'string' || !path.startsWith('/') || path.split('/').includes('..')) return undefined
    if (typeof size !== 'number' || typeof sha256 !== 'string') return undefined
    files.push({ path: path.slice(1), size, sha256 })
  }
  return files
}
