import type { FleetFile } from '#inputs/fleet-file.js'
import type { Process } from '#inputs/profile.js'
import type { Releases } from '#inputs/releases.js'
import type { Edge, Upgrade } from '#inputs/upgrade-steps.js'
import { containersAcross } from './containers.js'
import { hopOf } from './hops.js'
import { checkStaying, orderOf } from './order.js'
import type { ImageFacts, Plan, ProcessChanges, ServicePlan, Untouched } from './plan.js'
import { serviceSteps } from './service-steps.js'
import { windowsOf } from './windows.js'

/** What is known of a service that is to move. */
export interface Move {
  readonly service: string
  readonly to: string
  readonly user: ServicePlan['user']
  readonly before: ImageFacts
  readonly after: ImageFacts
  readonly pull: ServicePlan['pull']
  readonly distributions: ServicePlan['distributions']
  readonly vanished: readonly string[]
}

/** What a plan is made from. */
interface PlanParts {
  readonly fleet: FleetFile
  readonly releases: Releases
  readonly targets: readonly { readonly service: string; readonly release: string }[]
  upgrade(service: string): { readonly upgrade: Upgrade; readonly edges: readonly Edge[] }
  processes(service: string, release: string): readonly Process[]
  /** Facts of images and locks; asked once the plan is known to be possible. */
  move(service: string, from: string, to: string): Promise<Move>
  untouched(service: string): Promise<Untouched>
  /** Seconds of a window. */
  readonly window?: number
}

function changesBetween(
  before: readonly Process[],
  after: readonly Process[],
  vanished: readonly string[],
): ProcessChanges {
  const line = ({ command }: Process): string => command.join(' ')
  const only = (some: readonly Process[], others: readonly Process[]) =>
    some
      .filter(({ name }) => !others.some((other) => other.name === name))
      .map((one) => ({ name: one.name, command: line(one) }))
  return {
    comes: only(after, before),
    goes: only(before, after),
    changes: before.flatMap((old) => {
      const fresh = after.find(({ name }) => name === old.name)
      return fresh === undefined || line(fresh) === line(old)
        ? []
        : [{ name: old.name, from: line(old), to: line(fresh) }]
    }),
    vanished,
  }
}

/**
 * The plan of a fleet's upgrade: everything that would keep it from ending is told before its first step.
 * @throws E-PLN-HOP, E-PLN-EDGE, E-PLN-WINDOW, and what `move` and `untouched` throw
 */
export async function makePlan(parts: PlanParts): Promise<Plan> {
  const { fleet, releases, targets } = parts
  const to = new Map(targets.map(({ service, release }) => [service, release]))
  const running = new Map([...fleet.services].map(([service, { release }]) => [service, release]))
  const moving = new Set(to.keys())
  const order = orderOf([...moving], (service) => parts.upgrade(service).edges)
  const hops = new Map(
    order.map(({ service }) => {
      const { upgrade } = parts.upgrade(service)
      return [service, hopOf(releases, service, upgrade, running.get(service)!, to.get(service)!)]
    }),
  )
  const notes = order.flatMap(({ service }) =>
    checkStaying(service, to.get(service)!, parts.upgrade(service).edges, running, moving),
  )
  const services: ServicePlan[] = []
  for (const { service } of order) {
    const now = fleet.services.get(service)!
    const from = now.release
    const { upgrade } = parts.upgrade(service)
    const move = await parts.move(service, from, to.get(service)!)
    const { user, before, after, pull, distributions, vanished } = move
    const processes = {
      before: parts.processes(service, from),
      after: parts.processes(service, to.get(service)!),
    }
    const containers = containersAcross(now, processes, upgrade)
    services.push({
      service,
      from,
      to: to.get(service)!,
      hop: hops.get(service)!,
      restart: upgrade.restart,
      ...(now.on === undefined ? {} : { on: now.on }),
      user,
      before,
      after,
      pull,
      distributions,
      processes: changesBetween(processes.before, processes.after, vanished),
      containers,
      ...serviceSteps({
        fleet,
        running: now,
        upgrade,
        from,
        to: to.get(service)!,
        before,
        after,
        pull,
        containers,
      }),
      sources: upgrade.sources,
    })
  }
  const untouched: Untouched[] = []
  for (const service of fleet.services.keys())
    if (!moving.has(service)) untouched.push(await parts.untouched(service))
  return {
    kind: 'upgrade',
    python: fleet.python,
    platform: fleet.platform,
    fleet: fleet.path,
    engine: fleet.engine,
    ...(fleet.proxy === undefined ? {} : { proxy: fleet.proxy }),
    order,
    services,
    windows: parts.window === undefined ? [] : windowsOf(services, parts.window),
    untouched,
    notes,
  }
}
