import type { Container, RunningService } from '#inputs/fleet-file.js'
import type { Process } from '#inputs/profile.js'
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
  const names = processes.length === 0 ? [{ name: running.service }] : processes
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

/** The processes of both releases that share a name, or that only one of them has. */
interface Processes {
  readonly before: readonly Process[]
  readonly after: readonly Process[]
}

/**
 * The containers of a service across a hop, in the order in which they are replaced: those that only the old
 * release has last. New processes come beside the containers that the fleet file names.
 */
export function containersAcross(
  running: RunningService,
  { before, after }: Processes,
  order: readonly string[],
): readonly PlannedContainer[] {
  const listed = running.containers ?? counted(running, before)
  const present = new Set(listed.map(({ process }) => process ?? before[0]?.name ?? running.service))
  const coming = after.filter(({ name }) => !before.some((old) => old.name === name) && !present.has(name))
  // Nothing is to come for a service that has told no process at all.
  const all = [...listed, ...(coming.length === 0 ? [] : counted({ ...running, replicas: 1 }, coming))]
  const place = (name: string): number => (order.indexOf(name) < 0 ? order.length : order.indexOf(name))
  const planned = all.map((container): PlannedContainer => {
    const { name, host, port, backend, arguments: further } = container
    const process = container.process ?? before[0]?.name ?? running.service
    const [old, fresh] = [before, after].map((list) => list.find((one) => one.name === process))
    const known = fresh ?? old
    const where = port ?? known?.port
    // A service whose processes nobody has told is started by what its image says.
    const unknown = before.length === 0 && after.length === 0 ? ([] as const) : undefined
    const commands = {
      before: old === undefined ? unknown : commandOf(old, port, further),
      after: fresh === undefined ? unknown : commandOf(fresh, port, further),
    }
    return {
      name,
      process,
      ...(host === undefined ? {} : { host }),
      ...(where === undefined ? {} : { port: where }),
      ...(known?.health === undefined ? {} : { health: known.health }),
      ...(backend === undefined ? {} : { backend }),
      ...(commands.before === undefined ? {} : { before: commands.before }),
      ...(commands.after === undefined ? {} : { after: commands.after }),
      volumes: [...running.volumes, ...container.volumes],
      environment: { ...running.environment, ...container.environment },
    }
  })
  return planned
    .map((one, index) => ({ one, index }))
    .sort(
      (a, b) =>
        Number(a.one.after === undefined) - Number(b.one.after === undefined) ||
        place(a.one.process) - place(b.one.process) ||
        a.index - b.index,
    )
    .map(({ one }) => one)
}
