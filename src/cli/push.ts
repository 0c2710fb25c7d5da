import type { Command } from 'commander'
import { addTransferOptions, type TransferFlags, transfer } from './transfer.js'

/** `svcsplit push`: an image of a layout to a registry. */
export function registerPush(program: Command): void {
  const command = program
    .command('push')
    .description(
      'push an image of an OCI layout, with its SBOM and provenance, to a registry; the tag moves last',
    )
    .argument('<image>', 'oci:DIR or oci:DIR:NAME')
    .argument('<destination>', 'registry:HOST/REPOSITORY:TAG')
  addTransferOptions(command, { referrers: true }).action(
    async (from: string, to: string, flags: TransferFlags, self: Command) => {
      const { push } = await import('#verbs/push.js')
      await transfer(self, flags, from, to, push)
    },
  )
}
