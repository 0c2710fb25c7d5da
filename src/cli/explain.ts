import type { Command } from 'commander'
import { SvcsplitError } from '#errors.js'
import { errorPage, errorPageJson, errorPageText, isErrorCode } from '#report/error-page.js'
import { explainJson, explainText } from '#report/explain-text.js'
import { explain } from '#verbs/explain.js'
import { addSelectionOptions, type SelectionFlags, selectionOptions } from './analyze.js'
import { progressFor } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends SelectionFlags {
  readonly policy?: string
  readonly output?: readonly Output[]
}

/** A finding of services together, which only the policy that names them knows. */
async function runOfPolicy(id: string, policy: string, flags: Flags, command: Command): Promise<void> {
  const [{ explainEnvironment }, { environmentJson, environmentText }] = await Promise.all([
    import('#verbs/explain-environment.js'),
    import('#report/explain-environment.js'),
  ])
  const progress = progressFor(command)
  const asked = (name: string) => command.getOptionValueSource(name) === 'cli'
  const { python, platform, index } = selectionOptions([], flags)
  const result = await explainEnvironment({
    ...{ id, policy, index, progress },
    ...(asked('python') ? { python } : {}),
    ...(asked('platform') ? { platform } : {}),
  }).finally(() => progress.end())
  await writeOutputs(flags.output, flags.color, {
    text: (options) => environmentText(result, options),
    json: () => environmentJson(result),
  })
}

async function run(id: string, services: readonly string[], flags: Flags, command: Command): Promise<void> {
  if (isErrorCode(id)) {
    const page = errorPage(id)
    await writeOutputs(flags.output, flags.color, {
      text: ({ width }) => errorPageText(page, width),
      json: () => errorPageJson(page),
    })
    return
  }
  const { policy } = flags
  if (policy !== undefined) {
    if (services.length > 0)
      throw new SvcsplitError('E-CLI-USAGE', 'the policy says where to look', {
        hint: 'leave out SERVICE@RELEASE, or --policy',
      })
    return runOfPolicy(id, policy, flags, command)
  }
  const progress = progressFor(command)
  const result = await explain({ ...selectionOptions(services, flags), id, progress }).finally(() =>
    progress.end(),
  )
  await writeOutputs(flags.output, flags.color, {
    text: (options) => explainText(result, options),
    json: () => explainJson(result),
  })
}

export function registerExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('one finding of analyze or gate with its whole evidence and its fixes; or an error code')
    .argument('<ID>', 'the id that analyze shows, or how it begins; or a code such as E-REQ-URL')
    .argument('[SERVICE@RELEASE...]', 'where to look for it: everything shipped if left out')
    .option('--policy <file>', 'of gate: the finding is of an environment that this policy names')
    .addOption(outputOption())
  addSelectionOptions(command).action((id: string, services: string[], _: unknown, self: Command) =>
    run(id, services, self.optsWithGlobals<Flags>(), self),
  )
}
