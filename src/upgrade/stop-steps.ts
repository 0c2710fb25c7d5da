import type { RunningService } from '#inputs/fleet-file.js'
import { byHost, type Draft, isOf, placed, type ServiceParts, startedAnew } from './drafts.js'
import type { Engine } from './engine.js'
import { shellLine } from './shell.js'

/** What starts a service on a shared host. */
export const unitsOf = ({ units, service }: RunningService): readonly string[] =>
  units.length > 0 ? units : [`${service}.service`]

/** Stopped, they would come back with the machine, in the old release and at the ports of the new one. */
const endUnits = (running: RunningService): readonly string[] =>
  ['stop', 'disable'].map((verb) => shellLine(['systemctl', verb, ...unitsOf(running)]))

const startUnits = (running: RunningService): readonly string[] =>
  ['enable', 'start'].map((verb) => shellLine(['systemctl', verb, ...unitsOf(running)]))

export const nothingBack = { means: 'go forward again by the plan', commands: [] }

export function stopSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { upgrade, running, containers } = parts
  const interrupts = upgrade.interrupts ?? `it moves from the shared host ${running.on ?? ''} into its image`
  const means = 'start the old release again'
  if (running.on !== undefined)
    return [
      {
        phase: 'stop',
        title: `stop its units on ${running.on}`,
        commands: endUnits(running),
        undo: { means, commands: startUnits(running) },
        interrupts,
      },
    ]
  return byHost(containers.filter(isOf('before'))).map((here) => ({
    phase: 'stop',
    title: 'stop every container of the old release',
    ...placed(here[0]!),
    commands: here.flatMap((one) => engine.stop(one)),
    undo: { means, commands: here.flatMap((one) => startedAnew(parts, engine, one, 'before')) },
    interrupts,
  }))
}

/** Starts what ran before: containers of the old release, or units on a shared host. */
export function startOldSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { running, containers, before, from } = parts
  const common = {
    phase: 'restart' as const,
    title: `start ${from} again`,
    image: before.reference,
    undo: nothingBack,
  }
  if (running.on !== undefined) return [{ ...common, commands: startUnits(running) }]
  return byHost(containers.filter(isOf('before'))).map((here) => ({
    ...common,
    ...placed(here[0]!),
    commands: here.flatMap((one) => startedAnew(parts, engine, one, 'before')),
  }))
}
