import type { Command } from 'commander'
import { schemaNamed, schemaNames } from '#verbs/schemas.js'
import type { GlobalOptions } from './options.js'
import { writeOutputs } from './outputs.js'

/** What there is, a line each. */
function listing(): string {
  const width = Math.max(...schemaNames().map(({ name }) => name.length))
  return schemaNames()
    .map(({ name, of }) => `${name.padEnd(width)}  ${of}\n`)
    .join('')
}

async function run(name: string | undefined, flags: GlobalOptions): Promise<void> {
  const text = name === undefined ? listing() : `${JSON.stringify(await schemaNamed(name), null, 2)}\n`
  await writeOutputs(undefined, flags.color, { text: () => text })
}

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('the JSON Schema of a file that svcsplit reads or writes; without a name which there are')
    .argument('[NAME]', 'such as profile')
    .action((name: string | undefined, _: unknown, self: Command) =>
      run(name, self.optsWithGlobals<GlobalOptions>()),
    )
}
