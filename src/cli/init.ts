import type { Command } from 'commander'
import { visible } from '#errors.js'
import { addIndexOptions, type IndexOptions, indexRequest, progressFor } from './options.js'

interface InitFlags extends IndexOptions {
  readonly service?: string
  readonly release: string
  readonly to?: string
  readonly force?: boolean
}

/** `svcsplit init`: first files for a service of one's own. */
export function registerInit(program: Command): void {
  const command = program
    .command('init')
    .description('write a profile and a fleet file to begin with, for a service of your own')
    .argument('<checkout|distribution>', 'folder of its sources, or its name on the package index')
    .option('--service <name>', 'what to call it (default: its distribution)')
    .option('--release <name>', 'release that the fleet file names', 'my-cloud')
    .option('--to <dir>', 'folder to write to (default: your data folder)')
    .option('--force', 'replace files that are there')
  addIndexOptions(command).action(async (what: string, flags: InitFlags, self: Command) => {
    const { init } = await import('#verbs/init.js')
    const progress = progressFor(self)
    const { service, release, to, force } = flags
    const started = await init({
      what,
      release,
      ...(service === undefined ? {} : { service }),
      ...(to === undefined ? {} : { to }),
      ...(force === undefined ? {} : { force }),
      ...(await indexRequest(flags)),
      progress,
    }).finally(() => progress.end())
    const version = started.version ?? 'VERSION'
    const lines = [
      ...started.written.map((path) => `written  ${visible(path)}`),
      ...started.kept.map((path) => `kept     ${visible(path)}`),
      'next     decide what the profile leaves open, then:',
      `         svcsplit resolve ${started.distribution}==${version} > pins.txt   (or pins that you have)`,
      `         svcsplit catalog import --release ${release} --constraints pins.txt --service ${started.service}=${version}`,
      '         svcsplit catalog update',
      `         svcsplit build ${started.service}@${release} -o oci:images`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  })
}
