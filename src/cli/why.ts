import type { Command } from 'commander'
import { whyJson, whyText } from '#report/why-text.js'
import { why } from '#verbs/why.js'
import { addTargetOptions, type GlobalOptions, type TargetOptions } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions, TargetOptions {
  readonly host?: string
  readonly full?: boolean
  readonly output?: readonly Output[]
}

async function run(service: string, distribution: string, flags: Flags): Promise<void> {
  const { python, platform, host } = flags
  const result = why({ service, distribution, python, platform, ...(host === undefined ? {} : { host }) })
  await writeOutputs(flags.output, flags.color, {
    text: (options) => whyText(result, { ...options, full: flags.full === true }),
    json: () => whyJson(result),
  })
}

export function registerWhy(program: Command): void {
  const command = program
    .command('why')
    .description('why a distribution is in a service: chains of demands, and what decides its version')
    .argument('<SERVICE@RELEASE>', 'such as nova@2026.1; nova alone is its newest maintained release')
    .argument('<DISTRIBUTION>', 'such as oslo.service')
    .option('--host <release>', "the release whose pins the host has (default: the service's own)")
    .option('--full', 'every demand and every chain')
    .option('--offline', 'never touch the network (why never does)')
    .addOption(outputOption())
  addTargetOptions(command).action((service: string, distribution: string, _: unknown, self: Command) =>
    run(service, distribution, self.optsWithGlobals<Flags>()),
  )
}
