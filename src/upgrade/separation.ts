import type { FleetFile } from '#inputs/fleet-file.js'
import type { Process } from '#inputs/profile.js'
import { containersAcross } from './containers.js'
import { engineOf } from './engine.js'
import type { ImageFacts, Step } from './plan.js'
import { shellLine } from './shell.js'
import { unitsOf } from './stop-steps.js'

/** What the analysis says of a service that is to leave its shared host. */
export interface Pull {
  readonly service: string
  /** The release that it wants to go to, on the libraries of the host. */
  readonly towards: string
  /** Its demands that the host refuses, and other errors. */
  readonly errors: number
  /** Pins of the host that would have to move for it, and other services that this disturbs; none where not known. */
  readonly moves?: number
  readonly disturbs?: number
  readonly drift: number
}

/** A service that leaves its shared host, at the release that it has. */
interface Leaving extends Pull {
  readonly host: string
  readonly release: string
  readonly image: ImageFacts
  readonly steps: readonly Step[]
  /** Who still shares the host's libraries after it, and the errors that still stand in their way. */
  readonly remaining: { readonly services: readonly string[]; readonly errors: number }
}

/** From shared hosts to images, one service at a time. */
export interface Separation {
  readonly kind: 'separation'
  readonly fleet: string
  /** What frees the most comes first. */
  readonly services: readonly Leaving[]
}

/** The service that is held back most goes first: it frees the most, and every later one finds fewer on the host. */
function byWhatTheyFree(pulls: readonly Pull[]): readonly Pull[] {
  return [...pulls].sort(
    (one, other) =>
      other.errors - one.errors ||
      (other.disturbs ?? 0) - (one.disturbs ?? 0) ||
      (other.moves ?? 0) - (one.moves ?? 0) ||
      other.drift - one.drift ||
      (one.service < other.service ? -1 : 1),
  )
}

/** The package that is the service. */
function moduleOf(service: string): string {
  return service === 'horizon' ? 'openstack_dashboard' : service.replaceAll('-', '_')
}

/** Steps of one service: the same release in its image; the units stay installed, so that it can go back. */
function stepsFor(
  fleet: FleetFile,
  service: string,
  image: ImageFacts,
  processes: readonly Process[],
  order: readonly string[],
): readonly Step[] {
  const running = fleet.services.get(service)!
  const engine = engineOf(fleet)
  const units = unitsOf(running)
  const containers = containersAcross(
    running,
    { before: processes, after: processes },
    { order, restart: 'cold' },
  )
  const nothing = { means: 'nothing that runs has been touched', commands: [] }
  const answers = [{ code: 0, do: 'go on' as const, means: 'done' }]
  const common = { service, answers }
  const pull: readonly Step[] = image.reference.startsWith('localhost/')
    ? []
    : [
        {
          ...common,
          id: `${service}/pull-1`,
          phase: 'pull',
          title: 'pull the image of the release that runs',
          image: image.reference,
          commands: [engine.pull(image.reference, 1800)],
          seconds: 30,
          limit: 1800,
          undo: nothing,
        },
      ]
  return [
    ...pull,
    {
      ...common,
      id: `${service}/check-1`,
      phase: 'check',
      title: 'the image finds its libraries and its configuration',
      image: image.reference,
      commands: [
        engine.task(
          running,
          image.reference,
          ['/opt/venv/bin/python', '-c', `import ${moduleOf(service)}`],
          120,
        ),
      ],
      seconds: 20,
      limit: 120,
      undo: nothing,
    },
    {
      ...common,
      id: `${service}/stop-1`,
      phase: 'stop',
      title: `stop its units on ${running.on}`,
      commands: [shellLine(['systemctl', 'stop', ...units])],
      seconds: 30,
      limit: 300,
      interrupts: 'both cannot have its ports: it answers again when its containers have started',
      undo: { means: 'start the units again', commands: [shellLine(['systemctl', 'start', ...units])] },
    },
    ...containers.map(
      (container): Step => ({
        ...common,
        id: `${service}/restart-${container.name}`,
        phase: 'restart',
        title: `start ${container.name} from the image`,
        ...(container.host === undefined ? {} : { host: container.host }),
        image: image.reference,
        commands: [
          ...engine.stop(container),
          ...engine.start(container, running, image.reference, container.after ?? []),
        ],
        seconds: 30,
        limit: 600,
        undo: { means: `stop ${container.name}`, commands: engine.stop(container) },
      }),
    ),
    {
      ...common,
      id: `${service}/verify-1`,
      phase: 'verify',
      title: 'the units do not come back with the machine',
      commands: [shellLine(['systemctl', 'disable', ...units])],
      seconds: 10,
      limit: 60,
      undo: { means: 'enable the units again', commands: [shellLine(['systemctl', 'enable', ...units])] },
    },
  ]
}

/** The plan that takes services off shared hosts: always reversible, since no schema changes. */
export function separationOf(
  fleet: FleetFile,
  pulls: readonly Pull[],
  facts: {
    image(service: string): ImageFacts
    processes(service: string): readonly Process[]
    order(service: string): readonly string[]
  },
): Separation {
  const order = byWhatTheyFree(pulls)
  const services = order.map((pull, index): Leaving => {
    const running = fleet.services.get(pull.service)!
    const host = running.on!
    const image = facts.image(pull.service)
    const left = order.slice(index + 1).filter(({ service }) => fleet.services.get(service)!.on === host)
    const staying = [...fleet.services.values()].filter(
      (one) => one.on === host && !order.some(({ service }) => service === one.service),
    )
    return {
      ...pull,
      host,
      release: running.release,
      image,
      steps: stepsFor(fleet, pull.service, image, facts.processes(pull.service), facts.order(pull.service)),
      remaining: {
        services: [...left, ...staying].map(({ service }) => service).sort(),
        errors: left.reduce((sum, { errors }) => sum + errors, 0),
      },
    }
  })
  return { kind: 'separation', fleet: fleet.path, services }
}
