import { Argument, type Command } from 'commander'
import { commandTree } from './command-tree.js'
import { bashScript, fishScript, zshScript } from './completion-scripts.js'
import type { GlobalOptions } from './options.js'
import { writeOutputs } from './outputs.js'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('a script that lets a shell complete commands, options and their values')
    .addArgument(new Argument('<SHELL>', 'which shell').choices(Object.keys(scripts)))
    .action(async (shell: keyof typeof scripts, _: unknown, self: Command) => {
      const { color } = self.optsWithGlobals<GlobalOptions>()
      await writeOutputs(undefined, color, { text: () => scripts[shell](commandTree(program)) })
    })
}
