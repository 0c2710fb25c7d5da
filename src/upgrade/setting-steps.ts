import type { RunningService } from '#inputs/fleet-file.js'
import type { UpgradeStep } from '#inputs/upgrade-steps.js'
import { byHost, type Draft, placed, type ServiceParts, usual } from './drafts.js'
import type { PlannedContainer } from './plan.js'
import { shellLine } from './shell.js'

type Setting = NonNullable<UpgradeStep['set']>

/** Where a configuration file of the service lies on the host: behind a volume of it or of `/etc/SERVICE`, if there is one. */
function configurationPath(service: string, volumes: readonly string[], file: string): string {
  const folder = `/etc/${service}`
  const sources = new Map(
    volumes.map((volume) => volume.split(':')).map(([source, target]) => [target, source]),
  )
  return sources.get(`${folder}/${file}`) ?? `${sources.get(folder) ?? folder}/${file}`
}

/** The files that some containers read: one, unless they have volumes of their own. */
const pathsOf = (
  { service }: RunningService,
  containers: readonly PlannedContainer[],
  file: string,
): readonly string[] => [
  ...new Set(containers.map(({ volumes }) => configurationPath(service, volumes, file))),
]

/** Sets an option for all containers, or unsets it: on each machine in a step of its own. */
function settingSteps(
  { running, containers, from }: ServiceParts,
  { file, section, option, value }: Setting,
): readonly { readonly host?: string; readonly set: readonly string[]; readonly unset: readonly string[] }[] {
  return byHost(containers).map((here) => {
    const paths = pathsOf(running, here, file)
    return {
      ...placed(here[0]!),
      set: paths.map((path) =>
        shellLine(['crudini', '--set', path, section, option, value.replaceAll('{from}', from)]),
      ),
      unset: paths.map((path) => shellLine(['crudini', '--del', path, section, option])),
    }
  })
}

/** Options that hold for the time of two releases, or for longer. */
export function pinSteps(
  parts: ServiceParts,
  set: Setting,
  { title, lifted }: Pick<UpgradeStep, 'title' | 'lifted'>,
): readonly Pick<Draft, 'title' | 'host' | 'commands' | 'undo'>[] {
  return settingSteps(parts, set).map(({ set: commands, unset, ...where }) => ({
    title,
    ...where,
    commands,
    undo:
      lifted === true
        ? { means: 'unset the option', commands: unset }
        : { means: 'nothing to undo: the option may stay', commands: [] },
  }))
}

/** Options that were set for the time of two releases are unset again. */
export function unpinSteps(parts: ServiceParts): readonly Draft[] {
  return parts.upgrade.steps
    .filter(({ set, lifted }) => set !== undefined && lifted === true)
    .flatMap(({ set }) =>
      settingSteps(parts, set!).map(({ set: again, unset, ...where }) => ({
        phase: 'migrate' as const,
        title: `unset ${set!.option}`,
        ...where,
        seconds: usual.pin.seconds,
        limit: usual.pin.limit,
        commands: unset,
        undo: { means: 'set it again', commands: again },
      })),
    )
}
