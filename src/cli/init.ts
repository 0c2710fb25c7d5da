import type { Command } from 'commander'
import { visible } from '#errors.js'
import type { Started } from '#verbs/init.js'
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
    const lines = [
      ...started.written.map((path) => `written  ${visible(path)}`),
      ...started.kept.map((path) => `kept     ${visible(path)}`),
      'next     decide what the profile leaves open, then:',
      ...(started.requirements === undefined
        ? stepsOfIndex(started, release)
        : stepsOfCheckout(what, started, release)),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  })
}

/** Of a checkout that does not say its version, because tags or a build tell it. */
const unreleased = '0.dev0'

function stepsOfIndex({ service, distribution, version }: Started, release: string): readonly string[] {
  return [
    `         svcsplit resolve ${distribution}==${version} > pins.txt   (or pins that you have)`,
    `         svcsplit catalog import --release ${release} --constraints pins.txt --service ${service}=${version}`,
    '         svcsplit catalog update',
    `         svcsplit build ${service}@${release} -o oci:images`,
  ]
}

function stepsOfCheckout(checkout: string, started: Started, release: string): readonly string[] {
  const { service, version = unreleased } = started
  const [folder, requirements] = [shellWord(checkout), shellWord(started.requirements!)]
  return [
    `         svcsplit resolve -r ${requirements} > pins.txt   (or pins that you have)`,
    `         svcsplit catalog import --release ${release} --constraints pins.txt --service ${service}=${version} --source ${service}=${folder}`,
    '         svcsplit catalog update',
    `         svcsplit analyze ${service}@${release}`,
    `image    is made of its wheel: pip wheel --no-deps --wheel-dir wheels ${folder}`,
    `         import again with that file as the source and its version, update, and svcsplit build ${service}@${release} -o oci:images`,
  ]
}

function shellWord(text: string): string {
  return /^[\w./+@%:,-]+$/.test(text) ? text : `'${visible(text).replaceAll("'", `'\\''`)}'`
}
