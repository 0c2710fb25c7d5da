import { type Draft, placed, type ServiceParts, startedAnew, usual } from './drafts.js'
import type { Engine } from './engine.js'
import type { PlannedContainer } from './plan.js'
import { othersServe, serverOf } from './proxy.js'

/**
 * Before a replica is drained, another one has to serve. This is a step of its own, with nothing to undo: where it
 * fails, the way back leaves alone the one replica that still answers.
 */
export function othersStep(
  { fleet }: ServiceParts,
  container: PlannedContainer,
  among: readonly PlannedContainer[],
  id: string,
): readonly Draft[] {
  const { proxy } = fleet
  const { name, backend } = container
  if (proxy === undefined || backend === undefined) return []
  const { group } = serverOf(backend)
  const others = among.filter(
    ({ backend: other }) => other !== undefined && other !== backend && serverOf(other).group === group,
  )
  if (others.length === 0) return []
  return [
    {
      phase: 'restart',
      id,
      title: `another replica than ${name} serves`,
      ...placed(container),
      seconds: 1,
      limit: 10,
      commands: [othersServe(proxy, backend)],
      undo: { means: 'nothing to undo', commands: [] },
    },
  ]
}

/** A service is interrupted where its one container of an API is replaced. */
export function interruption(
  among: readonly PlannedContainer[],
  container: PlannedContainer,
): { readonly interrupts?: string } {
  const others = among.filter((one) => one !== container && one.process === container.process)
  if (container.port === undefined || others.length > 0) return {}
  return {
    interrupts: `${container.name} is the only ${container.process}: nothing answers until it has started again`,
  }
}

/**
 * Starts the new release beside the old one and changes the proxy over to it. The old one stays as it is, without
 * requests: the way back is the proxy's, and takes no start.
 */
function takeOverStep(
  parts: ServiceParts,
  engine: Engine,
  container: PlannedContainer,
  beside: NonNullable<PlannedContainer['beside']>,
): Draft {
  const { fleet, from, after } = parts
  const { name } = container
  return {
    phase: 'restart',
    id: `restart-${name}`,
    title: `start ${beside.name} beside ${name}, which stays ready, and let it take over`,
    ...placed(container),
    image: after.reference,
    seconds: usual.restart.seconds + (fleet.proxy?.drain ?? 0),
    commands: [...startedAnew(parts, engine, beside, 'after'), ...engine.drain(container)],
    note: `a reload of the proxy forgets that ${name} is drained, and gives it requests again: have it load the states of its servers (load-server-state-from-file), or drain ${name} again after a reload`,
    undo: {
      means: `change over to ${name} of ${from} again, and end ${beside.name}`,
      commands: [...engine.resume(container), ...engine.stop(beside)],
    },
  }
}

/** Ends the containers of the old release that were kept ready. */
export function retireSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  return parts.containers
    .filter(({ beside }) => beside !== undefined)
    .map((container) => ({
      phase: 'stop',
      id: `retire-${container.name}`,
      title: `end ${container.name}, which was kept ready`,
      ...placed(container),
      commands: engine.stop(container),
      undo: {
        means: `start ${container.name} of ${parts.from} again`,
        commands: startedAnew(parts, engine, container, 'before'),
      },
    }))
}

/** Replaces one container; of a shared host, starts it beside the units that have been stopped. */
export function replaceSteps(parts: ServiceParts, engine: Engine, cold: boolean): readonly Draft[] {
  const { running, to, from, fleet, after, containers } = parts
  return containers.flatMap((container, index): readonly Draft[] => {
    const { name, process } = container
    if (container.after === undefined && cold) return []
    if (container.beside !== undefined)
      return [
        // The first one that takes over serves before the old one is drained: only then is there anything to ask.
        ...othersStep(parts, container, containers.slice(0, index), `before-${name}`),
        takeOverStep(parts, engine, container, container.beside),
      ]
    const seconds = usual.restart.seconds + (container.backend === undefined ? 0 : (fleet.proxy?.drain ?? 0))
    const onHost = running.on !== undefined
    const ends = !cold && !onHost && container.before !== undefined
    const back = ends ? startedAnew(parts, engine, container, 'before') : engine.stop(container)
    const what =
      container.after === undefined
        ? `stop ${name}: ${to} has no ${process}`
        : container.before === undefined && !onHost
          ? `start ${name}: ${process} is new in ${to}`
          : cold || onHost
            ? `start ${name} from the new image`
            : `replace ${name}`
    return [
      ...(ends ? othersStep(parts, container, containers, `before-${name}`) : []),
      {
        phase: 'restart',
        id: `restart-${name}`,
        title: what,
        ...placed(container),
        ...(container.after === undefined ? {} : { image: after.reference }),
        seconds,
        commands:
          container.after === undefined
            ? engine.stop(container)
            : startedAnew(parts, engine, container, 'after'),
        undo: { means: ends ? `replace ${name} by ${from} again` : `stop ${name}`, commands: back },
        ...(cold || onHost || container.after === undefined ? {} : interruption(containers, container)),
      },
    ]
  })
}
