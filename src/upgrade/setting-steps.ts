import type { RunningService } from '#inputs/fleet-file.js'
import type { UpgradeStep } from '#inputs/upgrade-steps.js'
import { type Draft, type ServiceParts, usual } from './drafts.js'
import { shellLine } from './shell.js'

/** Where a configuration file of the service lies on the host: behind the volume of `/etc/SERVICE`, if there is one. */
function configurationPath({ service, volumes }: RunningService, file: string): string {
  const folder = `/etc/${service}`
  const source = volumes.map((volume) => volume.split(':')).find(([, target]) => target === folder)?.[0]
  return `${source ?? folder}/${file}`
}

export function settingCommands(
  running: RunningService,
  { file, section, option, value }: NonNullable<UpgradeStep['set']>,
  from: string,
): { readonly set: string; readonly unset: string } {
  const path = configurationPath(running, file)
  return {
    set: shellLine(['crudini', '--set', path, section, option, value.replaceAll('{from}', from)]),
    unset: shellLine(['crudini', '--del', path, section, option]),
  }
}

/** Options that were set for the time of two releases are unset again. */
export function unpinSteps({ running, upgrade, from }: ServiceParts): readonly Draft[] {
  return upgrade.steps
    .filter(({ set, lifted }) => set !== undefined && lifted === true)
    .map(({ set }) => {
      const commands = settingCommands(running, set!, from)
      return {
        phase: 'migrate' as const,
        title: `unset ${set!.option}`,
        seconds: usual.pin.seconds,
        limit: usual.pin.limit,
        commands: [commands.unset],
        undo: { means: 'set it again', commands: [commands.set] },
      }
    })
}
