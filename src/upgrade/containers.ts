import type { Container, RunningService } from '#inputs/fleet-file.js'
import type { Process } from '#inputs/profile.js'
import type { Upgrade } from '#inputs/upgrade-steps.js'
import type { PlannedContainer } from './plan.js'

/** The command of a process with another port, where the port is an argument of its own or ends one. */
function commandOf(
  process: Process,
  port: number | undefined,
  further: readonly string[],
): readonly string[] {
  const { command, port: usual } = process
  const moved =
    port === undefined || usual === undefined || port === usual
      ? command
      : command.map((word) => word.replace(new RegExp(`(^|[:=])${usual}$`), `$1${port}`))
  return [...moved, ...further]
}

/** Containers of a service that tells only how many of each process there are: ports count on from the usual one. */
function counted(running: RunningService, processes: readonly Process[]): readonly Container[] {
  const { replicas } = running
  // Only some deployments run the optional ones: a fleet file that lists its containers says which.
  const usual = processes.filter(({ optional }) => optional !== true)
  const names = processes.length === 0 ? [{ name: running.service }] : usual
  return names.flatMap(({ name, port }: Pick<Process, 'name' | 'port'>) =>
    Array.from({ length: replicas }, (_, index) => ({
      name: replicas === 1 ? name : `${name}-${index + 1}`,
      process: name,
      ...(port === undefined ? {} : { port: port + index }),
      arguments: [],
      volumes: [],
      environment: {},
    })),
  )
}

/** The processes of both releases. */
interface Processes {
  readonly before: readonly Process[]
  readonly after: readonly Process[]
}

/** The process that takes over the port of one that the new release has no longer: neutron-api that of neutron-server. */
function successorOf({ name, port }: Process, { before, after }: Processes): Process | undefined {
  if (port === undefined) return undefined
  return after.find(
    (one) => one.port === port && !before.some((old) => old.name === one.name) && one.name !== name,
  )
}

/**
 * The containers of a service across a hop, in the order in which they are replaced: those that only the old
 * release has last. New processes come beside the containers that the fleet file names.
 */
export function containersAcross(
  running: RunningService,
  processes: Processes,
  { order, restart }: Pick<Upgrade, 'order' | 'restart'>,
): readonly PlannedContainer[] {
  const { before, after } = processes
  const first = before[0]?.name ?? running.service
  const listed = running.containers ?? counted(running, before)
  const inheritors = new Map<string, Process>()
  for (const old of before) {
    const heir = after.some(({ name }) => name === old.name) ? undefined : successorOf(old, processes)
    if (heir !== undefined && listed.some(({ process = first }) => process === old.name))
      inheritors.set(old.name, heir)
  }
  const present = new Set([
    ...listed.map(({ process = first }) => process),
    ...[...inheritors.values()].map(({ name }) => name),
  ])
  const coming = after.filter(({ name }) => !before.some((old) => old.name === name) && !present.has(name))
  // Nothing is to come for a service that has told no process at all.
  const all = [...listed, ...(coming.length === 0 ? [] : counted({ ...running, replicas: 1 }, coming))]
  // A service whose processes nobody has told is started by what its image says.
  const unknown = before.length === 0 && after.length === 0 ? ([] as const) : undefined
  const stopped = restart === 'cold' || running.on !== undefined
  const planned = all.map((container): PlannedContainer => {
    const { name, host, port, backend, process = first, arguments: further } = container
    const old = before.find((one) => one.name === process)
    const fresh = after.find((one) => one.name === process) ?? inheritors.get(process)
    const known = fresh ?? old
    const where = port ?? known?.port
    const commands = {
      before: old === undefined ? unknown : commandOf(old, port, further),
      after: fresh === undefined ? unknown : commandOf(fresh, port, further),
    }
    const { spare } = container
    const common = {
      process: known?.name ?? process,
      ...(host === undefined ? {} : { host }),
      ...(known?.health === undefined ? {} : { health: known.health }),
      volumes: [...running.volumes, ...container.volumes],
    }
    const settings = { ...running.environment, ...container.environment }
    return {
      name,
      ...common,
      ...(where === undefined ? {} : { port: where }),
      ...(backend === undefined ? {} : { backend }),
      ...(commands.before === undefined ? {} : { before: commands.before }),
      ...(commands.after === undefined ? {} : { after: commands.after }),
      environment: settings,
      // One stands beside the other where both releases have the process, and nothing is stopped before.
      ...(spare === undefined || old === undefined || fresh === undefined || stopped
        ? {}
        : {
            beside: {
              ...common,
              name: spare.name,
              port: spare.port,
              backend: spare.backend,
              after: commandOf(fresh, spare.port, further),
              environment: { ...settings, ...spare.environment },
            },
          }),
    }
  })
  const place = (name: string): number => (order.indexOf(name) < 0 ? order.length : order.indexOf(name))
  // The sort keeps the order of what is equal: that of the fleet file.
  return planned.sort(
    (one, other) =>
      Number(one.after === undefined) - Number(other.after === undefined) ||
      place(one.process) - place(other.process),
  )
}
