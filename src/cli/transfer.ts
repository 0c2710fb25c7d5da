import { type Command, InvalidArgumentError, Option } from 'commander'
import { bytesText } from '#report/bytes.js'
import type { CopyRequest, CopyResult } from '#verbs/copy.js'
import { collect, parseJobs, progressFor } from './options.js'

/** Options that every way of moving images has. */
export interface TransferFlags {
  readonly output: 'text' | 'json'
  readonly platform?: string
  readonly referrers?: boolean
  readonly mountFrom?: readonly string[]
  readonly jobs?: number
  readonly chunkSize?: number
  readonly plainHttp?: boolean
}

const mebibyte = 1024 * 1024

function parseChunkSize(text: string): number {
  const size = Number(text)
  if (!Number.isInteger(size) || size < 1 || size > 1024)
    throw new InvalidArgumentError('write a number from 1 to 1024.')
  return size * mebibyte
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .option(
      '--plain-http',
      'speak to registries without TLS (no login is then sent; loopback needs no leave)',
    )
}

/** @param defaults whether referrers go with an image unless the command line says otherwise */
export function addTransferOptions(
  command: Command,
  defaults: { readonly referrers: boolean } = { referrers: false },
): Command {
  return addOutputOptions(command)
    .option('--platform <platform>', 'of an index, the image of one platform only: linux/amd64')
    .option(
      defaults.referrers ? '--no-referrers' : '--referrers',
      `with${defaults.referrers ? 'out' : ''} what refers to the image: SBOM, provenance, signatures`,
    )
    .addOption(
      new Option(
        '--mount-from <repository>',
        'repository of the target that may have layers (repeatable)',
      ).argParser(collect),
    )
    .addOption(new Option('--jobs <n>', 'blobs at once (default: 4)').argParser(parseJobs))
    .addOption(
      new Option('--chunk-size <MiB>', 'send larger blobs in pieces of this size (default: 32)').argParser(
        parseChunkSize,
      ),
    )
}

/** Runs one way of moving an image and prints what it came to. */
export async function transfer(
  self: Command,
  flags: TransferFlags,
  from: string,
  to: string,
  run: (request: CopyRequest) => Promise<CopyResult>,
): Promise<void> {
  const progress = progressFor(self)
  const { platform, referrers, mountFrom, jobs, chunkSize, plainHttp } = flags
  const result = await run({
    from,
    to,
    ...(platform === undefined ? {} : { platform }),
    ...(referrers === undefined ? {} : { referrers }),
    ...(mountFrom === undefined ? {} : { mountFrom }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(chunkSize === undefined ? {} : { chunkBytes: chunkSize }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    progress,
  }).finally(() => progress.end())
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(result, null, 2)}\n` : text(result))
}

function text({ to, digest, previous, moved, mounted, present, referrers }: CopyResult): string {
  const count = ({ blobs, bytes }: CopyResult['moved']): string =>
    `${bytesText(bytes)} in ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`
  const lines = [
    `${to}`,
    `  ${digest}${previous === undefined ? '' : `, before ${previous}`}`,
    `  moved ${count(moved)}, mounted ${count(mounted)}, already there ${count(present)}`,
    ...(referrers.length === 0 ? [] : [`  with ${referrers.length} that refer to it`]),
  ]
  return `${lines.join('\n')}\n`
}
