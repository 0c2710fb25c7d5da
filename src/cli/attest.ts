import { type Command, InvalidArgumentError, Option } from 'commander'
import { SvcsplitError } from '#errors.js'
import type { AttestOptions } from '#verbs/attest.js'
import { type GlobalOptions, progressFor } from './options.js'
import { writeOutputs } from './outputs.js'

interface AttestFlags {
  readonly sbom?: 'cyclonedx' | 'spdx' | 'both' | 'none'
  readonly provenance?: boolean
  readonly sign?: string
  readonly lock?: string
  readonly builder?: string
  readonly created?: string
  readonly output: AttestOptions['to']
  readonly report: 'text' | 'json'
}

interface VerifyFlags {
  readonly key: string
  readonly plainHttp?: boolean | undefined
}

const formats = { both: ['cyclonedx', 'spdx'], cyclonedx: ['cyclonedx'], spdx: ['spdx'], none: [] } as const

function parseDestination(text: string): AttestOptions['to'] {
  if (text === 'referrer') return { kind: 'referrer' }
  const dir = text.startsWith('files=') ? text.slice('files='.length) : ''
  if (dir === '') throw new InvalidArgumentError('write referrer or files=DIR.')
  return { kind: 'files', dir }
}

function parseCreated(text: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('write 2026-01-31T12:00:00Z.')
  return text
}

function parseBuilder(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(text)) throw new InvalidArgumentError('write a URI.')
  return text
}

/** `svcsplit attest`: SBOM and provenance of an image, and whether somebody vouches for one. */
export function registerAttest(program: Command): void {
  const command = program
    .command('attest')
    .description('say what an image of a layout consists of and what it was made from: SBOM, provenance')
    .argument('<image>', 'oci:DIR or oci:DIR:NAME')
    .addOption(
      new Option('--sbom <format>', 'which SBOM (default: both, unless only --provenance is given)').choices(
        Object.keys(formats),
      ),
    )
    .option('--provenance', 'SLSA provenance (default: also without it, unless only --sbom is given)')
    .option('--sign <key>', 'sign the provenance, which names the SBOMs, by a private key in PEM form')
    .option('--lock <file>', 'lock that the image was built from (default: by what the image says of itself)')
    .addOption(
      new Option('--builder <uri>', 'who built it (default: somebody, locally)').argParser(parseBuilder),
    )
    .addOption(
      new Option('--created <time>', 'a time for the documents, which else bear none').argParser(
        parseCreated,
      ),
    )
    .addOption(
      new Option('-o, --output <destination>', 'referrer (in the same layout) or files=DIR')
        .argParser(parseDestination)
        .default({ kind: 'referrer' }, 'referrer'),
    )
    .addOption(new Option('--report <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(async (image: string, flags: AttestFlags, self: Command) => runAttest(image, flags, self))
  command
    .command('verify')
    .description('hold the signed attestations of an image against a public key')
    .argument('<image>', 'oci:DIR, oci:DIR:NAME, HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST')
    .requiredOption('--key <file>', 'public key in PEM form')
    .option('--plain-http', 'speak to registries without TLS (loopback needs no leave)')
    .addOption(new Option('--report <format>', 'what to print').choices(['text', 'json']).default('text'))
    // options that both commands know are taken by the outer one, wherever they stand
    .action(async (image: string, { key, plainHttp }: VerifyFlags, self: Command) =>
      runVerify(image, { key, plainHttp }, self.optsWithGlobals<AttestFlags & GlobalOptions>()),
    )
}

async function runAttest(image: string, flags: AttestFlags, self: Command): Promise<void> {
  const [{ attest }, { attestText }] = await Promise.all([
    import('#verbs/attest.js'),
    import('#report/attest-text.js'),
  ])
  if (flags.sbom === 'none' && flags.provenance !== true && flags.sign === undefined)
    throw new SvcsplitError('E-CLI-USAGE', 'nothing is asked for', {
      hint: 'add --provenance or another --sbom',
    })
  const progress = progressFor(self)
  const { sign, lock, builder, created, output } = flags
  const results = await attest({
    image,
    sboms: formats[flags.sbom ?? (flags.provenance === true ? 'none' : 'both')],
    provenance: flags.provenance ?? flags.sbom === undefined,
    ...(sign === undefined ? {} : { keyPath: sign }),
    ...(lock === undefined ? {} : { lockPath: lock }),
    ...(builder === undefined ? {} : { builder }),
    ...(created === undefined ? {} : { created }),
    to: output,
    progress,
  }).finally(() => progress.end())
  process.stdout.write(
    flags.report === 'json' ? `${JSON.stringify({ images: results }, null, 2)}\n` : attestText(results),
  )
}

async function runVerify(
  image: string,
  { key, plainHttp }: VerifyFlags,
  { report, color }: Pick<AttestFlags, 'report'> & Pick<GlobalOptions, 'color'>,
): Promise<void> {
  const [{ verifyAttestations }, { verifiedJson, verifiedText }] = await Promise.all([
    import('#verbs/attest-verify.js'),
    import('#report/attest-text.js'),
  ])
  const result = await verifyAttestations({
    image,
    keyPath: key,
    ...(plainHttp === undefined ? {} : { plainHttp }),
  })
  await writeOutputs([{ format: report }], color, {
    text: (options) => verifiedText(result, options),
    json: () => verifiedJson(result),
  })
  if (!result.holds) process.exitCode = 1
}
