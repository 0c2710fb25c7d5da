import type { Command } from 'commander'
import { SvcsplitError } from '#errors.js'
import { analysisFrom } from '#report/read-json.js'
import { savedResult } from '#verbs/saved-result.js'
import { analysisFormatNames, analysisFormats } from './analysis-formats.js'
import type { GlobalOptions } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'
import { planFormatNames, planFormats } from './plan-formats.js'

interface Flags extends GlobalOptions {
  readonly output?: readonly Output[]
}

async function run(path: string, flags: Flags): Promise<void> {
  const saved = await savedResult(path)
  const formats = saved.kind === 'plan' ? planFormats(saved) : analysisFormats(analysisFrom(saved.document))
  const missing = flags.output?.find(({ format }) => formats[format] === undefined)
  if (missing !== undefined)
    throw new SvcsplitError('E-CLI-USAGE', `${saved.kind} has no form ${missing.format}`, {
      hint: `it has ${Object.keys(formats).join(', ')}`,
    })
  await writeOutputs(flags.output, flags.color, formats)
}

export function registerRender(program: Command): void {
  program
    .command('render')
    .description('a saved result of analyze, gate or plan in other formats')
    .argument('<RESULT.json>', 'what -o json=RESULT.json wrote')
    .addOption(outputOption([...new Set([...analysisFormatNames, ...planFormatNames])]))
    .action((path: string, _: unknown, self: Command) => run(path, self.optsWithGlobals<Flags>()))
}
