import type { FleetFile, RunningService } from '#inputs/fleet-file.js'
import type { Upgrade } from '#inputs/upgrade-steps.js'
import type { Engine } from './engine.js'
import type { ImageFacts, Phase, PlannedContainer, ServicePlan, Step } from './plan.js'

/** Seconds to plan with, and after which something is wrong, where the profile says nothing. */
export const usual: Readonly<Record<Phase, { readonly seconds: number; readonly limit: number }>> = {
  check: { seconds: 20, limit: 600 },
  backup: { seconds: 120, limit: 3600 },
  pull: { seconds: 30, limit: 1800 },
  pin: { seconds: 10, limit: 60 },
  expand: { seconds: 30, limit: 3600 },
  stop: { seconds: 30, limit: 300 },
  restart: { seconds: 30, limit: 600 },
  verify: { seconds: 20, limit: 600 },
  migrate: { seconds: 120, limit: 3600 },
  contract: { seconds: 30, limit: 3600 },
  restore: { seconds: 300, limit: 7200 },
}

export const untouchedBefore = 'nothing that runs has been touched'

/** What the steps of one service are made from. */
export interface ServiceParts {
  readonly fleet: FleetFile
  readonly running: RunningService
  readonly upgrade: Upgrade
  readonly from: string
  readonly to: string
  readonly before: ImageFacts
  readonly after: ImageFacts
  readonly pull: ServicePlan['pull']
  readonly containers: readonly PlannedContainer[]
}

/** A step before it has its number. */
export type Draft = Omit<Step, 'id' | 'service' | 'seconds' | 'limit' | 'answers'> &
  Partial<Pick<Step, 'id' | 'seconds' | 'limit' | 'answers'>>

export function placed({ host }: PlannedContainer): { readonly host?: string } {
  return host === undefined ? {} : { host }
}

/** Containers by the machine that they are on, in their order: the commands of one step all run on one. */
export function byHost(containers: readonly PlannedContainer[]): readonly (readonly PlannedContainer[])[] {
  const groups = new Map<string | undefined, PlannedContainer[]>()
  for (const container of containers) {
    const there = groups.get(container.host)
    if (there === undefined) groups.set(container.host, [container])
    else there.push(container)
  }
  return [...groups.values()]
}

export const isOf = (side: 'before' | 'after') => (container: PlannedContainer) =>
  container[side] !== undefined

/** What serves once the window has been gone through: the new replicas, where they stand beside the old ones. */
export const runningAfter = ({ containers }: ServiceParts): readonly PlannedContainer[] =>
  containers.filter(isOf('after')).map((container) => container.beside ?? container)

/** Starts a container in the old or the new release; nothing where that release has no such process. */
export function started(
  { running, before, after }: ServiceParts,
  engine: Engine,
  container: PlannedContainer,
  side: 'before' | 'after',
): readonly string[] {
  const command = container[side]
  if (command === undefined) return []
  return engine.start(container, running, (side === 'before' ? before : after).reference, command)
}

/** The same where it may be there already: a step that failed on its way is carried out again, or undone. */
export const startedAnew = (
  parts: ServiceParts,
  engine: Engine,
  container: PlannedContainer,
  side: 'before' | 'after',
): readonly string[] => [...engine.stop(container), ...started(parts, engine, container, side)]
