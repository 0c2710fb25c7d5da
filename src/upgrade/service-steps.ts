import type { FleetFile, RunningService } from '#inputs/fleet-file.js'
import type { Answer, Upgrade, UpgradeStep } from '#inputs/upgrade-steps.js'
import { type Engine, engineOf } from './engine.js'
import type { ImageFacts, Phase, PlannedContainer, ServicePlan, Step } from './plan.js'
import { othersServe, serverOf } from './proxy.js'
import { shellLine } from './shell.js'

const succeeds: readonly Answer[] = [{ code: 0, do: 'go on', means: 'done' }]

/** Seconds to plan with, and after which something is wrong, where the profile says nothing. */
const usual: Readonly<Record<Phase, { readonly seconds: number; readonly limit: number }>> = {
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

/** Bytes a second that a registry is taken to give. */
const pullRate = 20_000_000

const untouchedBefore = 'nothing that runs has been touched'

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
type Draft = Omit<Step, 'id' | 'service' | 'seconds' | 'limit' | 'answers'> &
  Partial<Pick<Step, 'id' | 'seconds' | 'limit' | 'answers'>>

function number(service: string, drafts: readonly Draft[], counts: Map<Phase, number>): readonly Step[] {
  return drafts.map((draft) => {
    const { phase } = draft
    const count = (counts.get(phase) ?? 0) + 1
    counts.set(phase, count)
    return {
      ...usual[phase],
      answers: succeeds,
      ...draft,
      service,
      id: `${service}/${draft.id ?? `${phase}-${count}`}`,
    }
  })
}

/** Where a configuration file of the service lies on the host: behind the volume of `/etc/SERVICE`, if there is one. */
function configurationPath({ service, volumes }: RunningService, file: string): string {
  const folder = `/etc/${service}`
  const source = volumes.map((volume) => volume.split(':')).find(([, target]) => target === folder)?.[0]
  return `${source ?? folder}/${file}`
}

function settingCommands(
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

/** Runs a task again while it answers that there is more to do. */
function repeated(command: string, answers: readonly Answer[]): string {
  const again = answers.filter((answer) => answer.do === 'repeat').map(({ code }) => code)
  if (again.length === 0) return command
  const script = `for round in $(seq 100); do ${command}; code=$?; case $code in ${again.join('|')}) ;; *) exit $code ;; esac; done; exit ${again[0]}`
  return shellLine(['sh', '-c', script])
}

function undoOf(step: UpgradeStep, { running, from }: ServiceParts): Step['undo'] {
  if (step.set !== undefined)
    return step.lifted === true
      ? { means: 'unset the option', commands: [settingCommands(running, step.set, from).unset] }
      : { means: 'nothing to undo: the option may stay', commands: [] }
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
function profileSteps(parts: ServiceParts, engine: Engine, stage: UpgradeStep['stage']): readonly Draft[] {
  const { running, upgrade, before, after, from } = parts
  return upgrade.steps
    .filter((step) => step.stage === stage)
    .flatMap((step): readonly Draft[] => {
      if (step.restart)
        return runningAfter(parts).flatMap((one) => restartAgain(parts, engine, one, step.title))
      const common = {
        phase: step.stage,
        answers: step.answers,
        undo: undoOf(step, parts),
        ...(step.takes === undefined ? {} : { seconds: step.takes }),
        ...(step.limit === undefined ? {} : { limit: step.limit }),
        ...(step.final === undefined ? {} : { final: step.final }),
        ...(step.interrupts === undefined ? {} : { interrupts: step.interrupts }),
        ...(step.optional === undefined ? {} : { optional: step.optional }),
        ...(step.note === undefined ? {} : { note: step.note }),
      }
      const limit = step.limit ?? usual[step.stage].limit
      if (step.set !== undefined) {
        const commands = [settingCommands(running, step.set, from).set]
        return [{ ...common, title: step.title, commands }]
      }
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

function placed({ host }: PlannedContainer): { readonly host?: string } {
  return host === undefined ? {} : { host }
}

/** Starts a container in the old or the new release; nothing where that release has no such process. */
function started(
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
const startedAnew = (
  parts: ServiceParts,
  engine: Engine,
  container: PlannedContainer,
  side: 'before' | 'after',
): readonly string[] => [...engine.stop(container), ...started(parts, engine, container, side)]

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

/**
 * Before a replica is drained, another one has to serve. This is a step of its own, with nothing to undo: where it
 * fails, the way back leaves alone the one replica that still answers.
 */
function othersStep(
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
function interruption(
  among: readonly PlannedContainer[],
  container: PlannedContainer,
): { readonly interrupts?: string } {
  const others = among.filter((one) => one !== container && one.process === container.process)
  if (container.port === undefined || others.length > 0) return {}
  return {
    interrupts: `${container.name} is the only ${container.process}: nothing answers until it has started again`,
  }
}

const unitsOf = ({ units, service }: RunningService): readonly string[] =>
  units.length > 0 ? units : [`${service}.service`]

/** Containers by the machine that they are on, in their order: the commands of one step all run on one. */
function byHost(containers: readonly PlannedContainer[]): readonly (readonly PlannedContainer[])[] {
  const groups = new Map<string | undefined, PlannedContainer[]>()
  for (const container of containers) {
    const there = groups.get(container.host)
    if (there === undefined) groups.set(container.host, [container])
    else there.push(container)
  }
  return [...groups.values()]
}

const isOf = (side: 'before' | 'after') => (container: PlannedContainer) => container[side] !== undefined

/** What serves once the window has been gone through: the new replicas, where they stand beside the old ones. */
const runningAfter = ({ containers }: ServiceParts): readonly PlannedContainer[] =>
  containers.filter(isOf('after')).map((container) => container.beside ?? container)

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
function retireSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
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
function replaceSteps(parts: ServiceParts, engine: Engine, cold: boolean): readonly Draft[] {
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

function dumpFile({ fleet, running, from, to }: ServiceParts): string {
  return `${fleet.database?.dumps ?? '/var/backups/svcsplit'}/${running.service}-${from}-before-${to}.sql`
}

function dumpSteps(parts: ServiceParts, engine: Engine, cold: boolean): readonly Draft[] {
  const databases = parts.running.databases ?? parts.upgrade.databases
  if (databases.length === 0) return []
  return [
    {
      phase: 'backup',
      title: `dump ${databases.length === 1 ? 'the database' : 'the databases'} ${databases.join(', ')}`,
      commands: engine.dump(databases, dumpFile(parts), usual.backup.limit),
      undo: { means: 'nothing to undo', commands: [] },
      note: cold
        ? 'nothing writes any more: a restore loses nothing'
        : 'the service goes on writing: a restore loses what comes after this moment',
    },
  ]
}

function pullSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { containers, after, pull } = parts
  // What is in the store of the machine alone is in no registry.
  if (after.reference.startsWith('localhost/')) return []
  const hosts = [...new Set(containers.map(({ host }) => host))]
  return hosts.map((host) => ({
    phase: 'pull',
    title: 'pull the new image',
    ...(host === undefined ? {} : { host }),
    image: after.reference,
    seconds: Math.max(10, Math.ceil(pull.bytes / pullRate)),
    commands: [engine.pull(after.reference, usual.pull.limit)],
    undo: { means: untouchedBefore, commands: [] },
  }))
}

/** Options that were set for the time of two releases are unset again. */
function unpinSteps({ running, upgrade, from }: ServiceParts): readonly Draft[] {
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

function stopSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { upgrade, running, containers } = parts
  const interrupts = upgrade.interrupts ?? `it moves from the shared host ${running.on ?? ''} into its image`
  const means = 'start the old release again'
  if (running.on !== undefined)
    return [
      {
        phase: 'stop',
        title: `stop its units on ${running.on}`,
        commands: [shellLine(['systemctl', 'stop', ...unitsOf(running)])],
        undo: { means, commands: [shellLine(['systemctl', 'start', ...unitsOf(running)])] },
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
function startOldSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { running, containers, before, from } = parts
  const common = {
    phase: 'restart' as const,
    title: `start ${from} again`,
    image: before.reference,
    undo: nothingBack,
  }
  if (running.on !== undefined)
    return [{ ...common, commands: [shellLine(['systemctl', 'start', ...unitsOf(running)])] }]
  return byHost(containers.filter(isOf('before'))).map((here) => ({
    ...common,
    ...placed(here[0]!),
    commands: here.flatMap((one) => startedAnew(parts, engine, one, 'before')),
  }))
}

const nothingBack = { means: 'go forward again by the plan', commands: [] }

function restoreSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const databases = parts.running.databases ?? parts.upgrade.databases
  if (databases.length === 0) return []
  const interrupts = 'the database is restored'
  const steps: readonly Draft[] = [
    ...byHost(runningAfter(parts)).map(
      (here): Draft => ({
        phase: 'stop',
        title: 'stop every container of the new release',
        ...placed(here[0]!),
        commands: here.flatMap((one) => engine.stop(one)),
        undo: nothingBack,
        interrupts,
      }),
    ),
    {
      phase: 'restore',
      title: `restore the dump of ${databases.join(', ')}`,
      commands: [engine.restore(dumpFile(parts), usual.restore.limit)],
      undo: nothingBack,
      interrupts,
      note: 'everything that was written since the dump is lost',
    },
    ...startOldSteps(parts, engine),
  ]
  return steps.map((step, index) => ({ ...step, id: `restore-${index + 1}` }))
}

/** All steps of one service: before the window, in it, after it, and the way out after the point of no return. */
export function serviceSteps(
  parts: ServiceParts,
): Pick<ServicePlan, 'ahead' | 'window' | 'later' | 'restore'> {
  const { running, upgrade } = parts
  const engine = engineOf(parts.fleet)
  const cold = upgrade.restart === 'cold'
  const steps = (stage: UpgradeStep['stage']): readonly Draft[] => profileSteps(parts, engine, stage)
  const drafts = {
    ahead: [...pullSteps(parts, engine), ...steps('check'), ...(cold ? [] : dumpSteps(parts, engine, false))],
    window: cold
      ? [
          ...steps('pin'),
          ...stopSteps(parts, engine),
          ...dumpSteps(parts, engine, true),
          ...steps('expand'),
          ...replaceSteps(parts, engine, true),
          ...steps('verify'),
        ]
      : [
          ...steps('pin'),
          ...steps('expand'),
          ...(running.on === undefined ? [] : stopSteps(parts, engine)),
          ...replaceSteps(parts, engine, false),
          ...steps('verify'),
        ],
    later: [...retireSteps(parts, engine), ...unpinSteps(parts), ...steps('migrate'), ...steps('contract')],
    restore: restoreSteps(parts, engine),
  }
  const counts = new Map<Phase, number>()
  const { service } = running
  return {
    ahead: number(service, drafts.ahead, counts),
    window: number(service, drafts.window, counts),
    later: number(service, drafts.later, counts),
    restore: number(service, drafts.restore, counts),
  }
}
