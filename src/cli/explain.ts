import type { Command } from 'commander'
import { explainJson, explainText } from '#report/explain-text.js'
import { explain } from '#verbs/explain.js'
import { addSelectionOptions, type SelectionFlags, selectionOptions } from './analyze.js'
import { progressFor } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends SelectionFlags {
  readonly output?: readonly Output[]
}

async function run(id: string, services: readonly string[], flags: Flags, command: Command): Promise<void> {
  const progress = progressFor(command)
  const result = await explain({ ...selectionOptions(services, flags), id, progress })
  progress.end()
  await writeOutputs(flags.output, flags.color, {
    text: (options) => explainText(result, options),
    json: () => explainJson(result),
  })
}

export function registerExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('one finding of analyze with its whole evidence and its fixes')
    .argument('<ID>', 'the id that analyze shows, or how it begins')
    .argument('[SERVICE@RELEASE...]', 'where to look for it: everything shipped if left out')
    .addOption(outputOption())
  addSelectionOptions(command).action((id: string, services: string[], _: unknown, self: Command) =>
    run(id, services, self.optsWithGlobals<Flags>(), self),
  )
}
