import { type Command, Option } from 'commander'
import {
  addIndexOptions,
  excludeNewerOption,
  type IndexOptions,
  indexRequest,
  progressFor,
  type TargetOptions,
} from './options.js'

interface DockerfileFlags extends IndexOptions {
  readonly base: string
  readonly platform: TargetOptions['platform']
  readonly wheelhouse?: string
  readonly excludeNewer?: number
}

/** `svcsplit dockerfile`: the same image as a Containerfile with its context. */
export function registerDockerfile(program: Command): void {
  const command = program
    .command('dockerfile')
    .description('write the image of a service release as a Containerfile with its context')
    .argument('<service@release>')
    .argument('[dir]', 'folder of the context (default: SERVICE-RELEASE)')
    .option('--base <base>', 'debian:SUITE, oci:DIR, oci:DIR:NAME or registry:REFERENCE', 'debian:bookworm')
    .addOption(
      new Option('--platform <platform>', 'platform')
        .choices(['linux/amd64', 'linux/arm64'])
        .default('linux/amd64'),
    )
    .option('--wheelhouse <dir>', 'folder with wheels of what the index has only sdists of')
  addIndexOptions(command)
    .addOption(excludeNewerOption())
    .action(async (service: string, dir: string | undefined, flags: DockerfileFlags, self: Command) => {
      const { dockerfile } = await import('#verbs/dockerfile.js')
      const progress = progressFor(self)
      const { base, platform, wheelhouse, excludeNewer } = flags
      const written = await dockerfile({
        service,
        base,
        platform,
        ...(dir === undefined ? {} : { dir }),
        ...(wheelhouse === undefined ? {} : { wheelhouse }),
        ...(excludeNewer === undefined ? {} : { excludeNewer }),
        ...(await indexRequest(flags)),
        progress,
      }).finally(() => progress.end())
      process.stdout.write(
        [
          `${written.dir}/Containerfile with ${written.wheels} wheels and its base`,
          `next   cd ${written.dir} && buildah build --build-arg BASE=oci:base .`,
          '',
        ].join('\n'),
      )
    })
}
