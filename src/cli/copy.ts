import type { Command } from 'commander'
import { addTransferOptions, type TransferFlags, transfer } from './transfer.js'

/** `svcsplit copy`: an image between layouts and registries. */
export function registerCopy(program: Command): void {
  const command = program
    .command('copy')
    .description('copy an image between OCI layouts and registries, in either direction')
    .argument('<from>', 'oci:DIR, oci:DIR:NAME, HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST')
    .argument('<to>', 'the same')
  addTransferOptions(command).action(
    async (from: string, to: string, flags: TransferFlags, self: Command) => {
      const { copy } = await import('#verbs/copy.js')
      await transfer(self, flags, from, to, copy)
    },
  )
}
