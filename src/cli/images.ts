import type { Command } from 'commander'
import { cacheDir } from '#io/cache-dir.js'
import { imagesJson, imagesText } from '#report/images-text.js'
import { imagesWith } from '#verbs/images-with.js'
import { type GlobalOptions, progressFor } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions {
  readonly with: string
  readonly below?: string
  readonly sbom: boolean
  readonly plainHttp?: boolean
  readonly output?: readonly Output[]
}

/** `svcsplit images`: which images and locks carry a distribution. */
export function registerImages(program: Command): void {
  program
    .command('images')
    .description('which images and locks carry a distribution, below a version')
    .argument(
      '<places...>',
      'oci:DIR (all of its images), oci:DIR:NAME, registry:REFERENCE, and locks (pylock.*.toml)',
    )
    .requiredOption('--with <distribution>', 'name of the distribution, in any spelling')
    .option('--below <version>', 'only versions before this one')
    .option('--no-sbom', 'read the layers even where an image has an SBOM')
    .option('--plain-http', 'speak to the registry without TLS (loopback needs no leave)')
    .addOption(outputOption())
    .action(async (places: string[], _: unknown, self: Command) => {
      const flags = self.optsWithGlobals<Flags>()
      const progress = progressFor(self)
      const result = await imagesWith({
        distribution: flags.with,
        ...(flags.below === undefined ? {} : { below: flags.below }),
        places,
        trustSboms: flags.sbom,
        cacheDir: cacheDir(),
        ...(flags.plainHttp === undefined ? {} : { plainHttp: flags.plainHttp }),
        progress,
      }).finally(() => progress.end())
      await writeOutputs(flags.output, flags.color, {
        text: (options) => imagesText(result, options),
        json: () => imagesJson(result),
      })
      if (result.unread.length > 0 || result.images + result.locks === 0) process.exitCode = 3
    })
}
