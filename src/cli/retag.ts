import type { Command } from 'commander'
import { progressFor } from './options.js'
import { addOutputOptions, type TransferFlags } from './transfer.js'

/** `svcsplit retag`: going back, or forward, without moving a byte. */
export function registerRetag(program: Command): void {
  const command = program
    .command('retag')
    .description('let a tag name an image that the registry has, without moving a byte')
    .argument('<image>', 'HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST')
    .argument('<tag>', 'the tag to move, in the same repository')
  addOutputOptions(command).action(
    async (reference: string, tag: string, flags: TransferFlags, self: Command) => {
      const { retag } = await import('#verbs/retag.js')
      const progress = progressFor(self)
      const { output, plainHttp } = flags
      const summary = await retag({
        reference,
        tag,
        ...(plainHttp === undefined ? {} : { plainHttp }),
        progress,
      }).finally(() => progress.end())
      const before = summary.previous === undefined ? '' : `, before ${summary.previous}`
      process.stdout.write(
        output === 'json'
          ? `${JSON.stringify({ tag, ...summary }, null, 2)}\n`
          : `${tag}: ${summary.digest}${before}\n`,
      )
    },
  )
}
