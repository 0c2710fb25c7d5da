import type { Answer, UpgradeStep } from '#inputs/upgrade-steps.js'
import {
  byHost,
  type Draft,
  placed,
  runningAfter,
  type ServiceParts,
  started,
  startedAnew,
  untouchedBefore,
  usual,
} from './drafts.js'
import type { Engine } from './engine.js'
import type { PlannedContainer, Step } from './plan.js'
import { interruption, othersStep } from './replace-steps.js'
import { pinSteps } from './setting-steps.js'
import { shellLine } from './shell.js'

/** Runs a task again while it answers that there is more to do. */
function repeated(command: string, answers: readonly Answer[]): string {
  const again = answers.filter((answer) => answer.do === 'repeat').map(({ code }) => code)
  if (again.length === 0) return command
  const script = `for round in $(seq 100); do ${command}; code=$?; case $code in ${again.join('|')}) ;; *) exit $code ;; esac; done; exit ${again[0]}`
  return shellLine(['sh', '-c', script])
}

function undoOf(step: UpgradeStep): Step['undo'] {
  if (step.final !== undefined) return { means: `no way back: ${step.final}`, commands: [] }
  switch (step.stage) {
    case 'expand':
      return { means: 'nothing to undo: the old release runs on the new schema', commands: [] }
    case 'check':
      return { means: untouchedBefore, commands: [] }
    default:
      return { means: 'nothing to undo', commands: [] }
  }
}

/** The steps of the profile for one stage, with the fleet's commands. */
export function profileSteps(
  parts: ServiceParts,
  engine: Engine,
  stage: UpgradeStep['stage'],
): readonly Draft[] {
  const { running, upgrade, before, after } = parts
  return upgrade.steps
    .filter((step) => step.stage === stage)
    .flatMap((step): readonly Draft[] => {
      if (step.restart)
        return runningAfter(parts).flatMap((one) => restartAgain(parts, engine, one, step.title))
      const common = {
        phase: step.stage,
        answers: step.answers,
        undo: undoOf(step),
        ...(step.takes === undefined ? {} : { seconds: step.takes }),
        ...(step.limit === undefined ? {} : { limit: step.limit }),
        ...(step.final === undefined ? {} : { final: step.final }),
        ...(step.interrupts === undefined ? {} : { interrupts: step.interrupts }),
        ...(step.optional === undefined ? {} : { optional: step.optional }),
        ...(step.note === undefined ? {} : { note: step.note }),
      }
      const limit = step.limit ?? usual[step.stage].limit
      if (step.set !== undefined) return pinSteps(parts, step.set, step).map((pin) => ({ ...common, ...pin }))
      const image = (step.as === 'old' ? before : after).reference
      if (step.shell !== undefined && step.inside !== true)
        return [{ ...common, title: step.title, commands: [step.shell] }]
      const command = step.shell === undefined ? step.run! : ['sh', '-c', step.shell]
      const things = step.each === undefined ? [''] : (running.lists[step.each] ?? [])
      const tasks = things.map((each): Draft => {
        const run = command.map((word) => word.replaceAll('{each}', each))
        const task = repeated(engine.task(running, image, run, limit), step.answers)
        return {
          ...common,
          title: each === '' ? step.title : `${step.title}: ${each}`,
          image,
          run,
          commands: [task],
        }
      })
      return step.stopped === true ? whileStopped(parts, engine, tasks) : tasks
    })
}

/** Tasks that want every container stopped: in one step where all is on this machine, else in steps of each. */
function whileStopped(parts: ServiceParts, engine: Engine, tasks: readonly Draft[]): readonly Draft[] {
  const groups = byHost(runningAfter(parts))
  const stop = (here: readonly PlannedContainer[]) => here.flatMap((one) => engine.stop(one))
  const start = (here: readonly PlannedContainer[]) =>
    here.flatMap((one) => started(parts, engine, one, 'after'))
  const startAnew = (here: readonly PlannedContainer[]) =>
    here.flatMap((one) => startedAnew(parts, engine, one, 'after'))
  if (groups.every(([first]) => first!.host === undefined))
    return tasks.map((task) => ({
      ...task,
      commands: [...groups.flatMap(stop), ...task.commands, ...groups.flatMap(start)],
    }))
  const [first] = tasks
  if (first === undefined) return []
  const common = {
    interrupts: first.interrupts ?? first.title,
    ...(first.optional === undefined ? {} : { optional: first.optional }),
  }
  return [
    ...groups.map(
      (here): Draft => ({
        ...common,
        phase: 'stop',
        title: `stop its containers: ${first.title}`,
        ...placed(here[0]!),
        commands: stop(here),
        undo: { means: 'start them again', commands: startAnew(here) },
      }),
    ),
    ...tasks,
    ...groups.map(
      (here): Draft => ({
        ...common,
        phase: 'restart',
        title: 'start its containers again',
        ...placed(here[0]!),
        commands: startAnew(here),
        undo: { means: 'nothing to undo', commands: [] },
      }),
    ),
  ]
}

function restartAgain(
  parts: ServiceParts,
  engine: Engine,
  container: PlannedContainer,
  title: string,
): readonly Draft[] {
  const running = runningAfter(parts)
  return [
    ...othersStep(parts, container, running, `before-again-${container.name}`),
    {
      phase: 'restart',
      id: `restart-again-${container.name}`,
      title: `${title}: ${container.name}`,
      ...placed(container),
      seconds: usual.restart.seconds + (parts.fleet.proxy?.drain ?? 0),
      limit: usual.restart.limit,
      commands: engine.restart(container),
      undo: { means: 'nothing to undo', commands: [] },
      ...interruption(running, container),
    },
  ]
}
