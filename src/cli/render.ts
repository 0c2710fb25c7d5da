import type { Command } from 'commander'
import { analysisFormatNames, analysisFormats } from './analysis-formats.js'
import type { GlobalOptions } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions {
  readonly output?: readonly Output[]
}

async function run(path: string, flags: Flags): Promise<void> {
  const [{ readText }, { readAnalysisJson }] = await Promise.all([
    import('#io/files.js'),
    import('#report/read-json.js'),
  ])
  const result = await readAnalysisJson(await readText(path), path)
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
