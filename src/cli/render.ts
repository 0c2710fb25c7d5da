import type { Command } from 'commander'
import { analysisFrom } from '#report/read-json.js'
import { savedResult } from '#verbs/saved-result.js'
import { analysisFormatNames, analysisFormats } from './analysis-formats.js'
import type { GlobalOptions } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions {
  readonly output?: readonly Output[]
}

async function run(path: string, flags: Flags): Promise<void> {
  const result = analysisFrom(await savedResult(path))
  await writeOutputs(flags.output, flags.color, analysisFormats(result))
}

export function registerRender(program: Command): void {
  program
    .command('render')
    .description('a saved result of analyze or gate in other formats')
    .argument('<RESULT.json>', 'what -o json=RESULT.json wrote')
    .addOption(outputOption(analysisFormatNames))
    .action((path: string, _: unknown, self: Command) => run(path, self.optsWithGlobals<Flags>()))
}
