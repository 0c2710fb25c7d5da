import type { Command } from 'commander'
import { engineNames } from '#verbs/engine-names.js'
import { progressFor } from './options.js'
import { addPlanOptions, type PlanOptions, planRequest } from './plan.js'

/** `svcsplit export`: a plan as files for an engine that exists. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description(
      `the plan, and its way back, as files for ${engineNames.join(', ').replace(/, (?=[^,]*$)/, ' or ')}`,
    )
    .argument('<engine>', 'such as compose')
    .argument('<service@release...>', 'what is wanted, and last the folder (default: the name of the engine)')
  addPlanOptions(command).action(
    async (engine: string, words: readonly string[], flags: PlanOptions, self: Command) => {
      const { exportPlan } = await import('#verbs/export.js')
      const last = words.at(-1)!
      const named = words.length > 1 && !last.includes('@')
      const progress = progressFor(self)
      const { dir, files } = await exportPlan({
        ...planRequest(named ? words.slice(0, -1) : words, flags),
        engine,
        dir: named ? last : engine,
        progress,
      }).finally(() => progress.end())
      process.stdout.write(`${files.map((path) => `${dir}/${path}\n`).join('')}`)
    },
  )
}
