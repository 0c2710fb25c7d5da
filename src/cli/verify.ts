import { type Command, Option } from 'commander'
import { type GlobalOptions, progressFor } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface VerifyFlags {
  readonly lock?: string
  readonly start: 'auto' | 'chroot' | 'bwrap' | 'podman' | 'buildah' | 'none'
  readonly plainHttp?: boolean
  readonly output?: readonly Output[]
}

/** `svcsplit verify`: an image is what its lock says, and starts. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('hold an image against its lock, byte by byte, and start it')
    .argument('<image>', 'oci:DIR, oci:DIR:NAME or registry:REFERENCE')
    .option('--lock <file>', 'pylock.<service>.toml (default: the lock of shipped facts)')
    .addOption(
      new Option('--start <engine>', 'what runs the image, without network')
        .choices(['auto', 'chroot', 'bwrap', 'podman', 'buildah', 'none'])
        .default('auto'),
    )
    .option('--plain-http', 'speak to the registry without TLS (loopback needs no leave)')
    .addOption(outputOption())
    .action(async (image: string, flags: VerifyFlags, self: Command) => {
      const [{ verify }, { verifyJson, verifyText }, { cacheDir }] = await Promise.all([
        import('#verbs/verify.js'),
        import('#report/verify-text.js'),
        import('#io/cache-dir.js'),
      ])
      const progress = progressFor(self)
      const { lock, start, plainHttp, output } = flags
      const results = await verify({
        image,
        start,
        cacheDir: cacheDir(),
        ...(lock === undefined ? {} : { lock }),
        ...(plainHttp === undefined ? {} : { plainHttp }),
        progress,
      }).finally(() => progress.end())
      const { color } = self.optsWithGlobals<GlobalOptions>()
      await writeOutputs(output, color, {
        text: () => results.map(verifyText).join('\n'),
        json: () => verifyJson(results),
      })
      if (results.some(({ findings }) => findings.some(({ level }) => level === 'error')))
        process.exitCode = 1
    })
}
