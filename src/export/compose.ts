import { answersAt, haltCommands } from '#upgrade/engine.js'
import type { Plan, PlannedContainer, ServicePlan, Step } from '#upgrade/plan.js'
import { admitCommands, drainCommands } from '#upgrade/proxy.js'
import { shellLine } from '#upgrade/shell.js'
import {
  type Direction,
  directions,
  type ExportFile,
  imageOf,
  isOnHost,
  laterLines,
  objectName,
  plainSteps,
  probeCommand,
  scriptHead,
  taskCommand,
  tasksOf,
  unitCommands,
  yamlText,
} from './files.js'

/** `$` begins a variable in a Compose file; doubled it is itself. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function containerService(
  plan: ServicePlan,
  container: PlannedContainer,
  direction: Direction,
): Record<string, unknown> | undefined {
  const command = direction === 'upgrade' ? container.after : container.before
  if (command === undefined || isOnHost(plan, direction)) return undefined
  const { name, volumes, environment, port, health } = container
  return {
    image: imageOf(plan, direction).reference,
    container_name: name,
    network_mode: 'host',
    ...(command.length === 0 ? {} : { command: command.map(literal) }),
    ...(volumes.length === 0 ? {} : { volumes: volumes.map(literal) }),
    ...(Object.keys(environment).length === 0
      ? {}
      : {
          environment: Object.fromEntries(
            Object.entries(environment).map(([key, value]) => [key, literal(value)]),
          ),
        }),
    restart: 'unless-stopped',
    stop_grace_period: '60s',
    ...(port === undefined
      ? {}
      : {
          healthcheck: {
            test: ['CMD', ...probeCommand(port, health)].map(literal),
            interval: '10s',
            timeout: '6s',
            retries: 3,
            start_period: '60s',
          },
        }),
    // Both releases cannot have one port of the host: the old container goes first, one container after another.
    deploy: { update_config: { parallelism: 1, order: 'stop-first', failure_action: 'rollback' } },
  }
}

function taskService(plan: ServicePlan, step: Step): Record<string, unknown> {
  const [{ volumes, environment } = { volumes: [], environment: {} }] = plan.containers
  return {
    image: step.image ?? plan.after.reference,
    profiles: ['tasks'],
    network_mode: 'host',
    command: taskCommand(step).map(literal),
    ...(volumes.length === 0 ? {} : { volumes: volumes.map(literal) }),
    ...(Object.keys(environment).length === 0
      ? {}
      : {
          environment: Object.fromEntries(
            Object.entries(environment).map(([key, value]) => [key, literal(value)]),
          ),
        }),
    restart: 'no',
  }
}

function composeFile(plan: Plan, direction: Direction): string {
  const services: Record<string, unknown> = {}
  for (const service of plan.services) {
    for (const container of service.containers) {
      const made = containerService(service, container, direction)
      if (made !== undefined) services[objectName(container.name)] = made
    }
    const { ahead, before, after, later } = tasksOf(service)
    if (direction === 'upgrade')
      for (const step of [...ahead, ...before, ...after, ...later])
        services[objectName(step.id)] = taskService(service, step)
  }
  return yamlText(
    { name: 'openstack', services },
    `${direction}: written by svcsplit, made anew by svcsplit export`,
  )
}

function script(plan: Plan, direction: Direction): string {
  const compose = `${plan.engine === 'podman' ? 'podman-compose' : 'docker compose'} -f compose.yaml`
  const task = ({ id, limit }: Step): string =>
    `timeout ${limit} ${compose} --profile tasks run --rm ${shellLine([objectName(id)])}`
  const body = plan.services.flatMap((service) => {
    const { ahead, before, after } = tasksOf(service)
    const units = unitCommands(service)
    const isKept = (one: PlannedContainer) =>
      (direction === 'upgrade' ? one.after : one.before) !== undefined && !isOnHost(service, direction)
    const kept = service.containers.filter(isKept)
    const gone = service.containers.filter((one) => !isKept(one))
    const names = shellLine(kept.map(({ name }) => objectName(name)))
    // Without a name it would be done to everything.
    const together = (verb: string): readonly string[] =>
      kept.length === 0 ? [] : [`${compose} ${verb} ${names}`]
    const cold = direction === 'upgrade' && service.restart === 'cold'
    const replace = kept.flatMap(({ name, port, health, backend }) => [
      ...(cold ? [] : drainCommands(plan.proxy, backend)),
      `${compose} up -d --no-deps ${shellLine([objectName(name)])}`,
      ...(port === undefined ? [] : [answersAt('127.0.0.1', port, health)]),
      ...admitCommands(plan.proxy, backend),
    ])
    const stop = gone.flatMap(({ name, backend }) => [
      ...drainCommands(plan.proxy, backend),
      ...haltCommands(plan.engine, name),
    ])
    const stopKept = [
      ...kept.flatMap(({ backend }) => drainCommands(plan.proxy, backend)),
      ...together('stop'),
    ]
    if (direction === 'fallback') return [...stop, ...units.start, ...replace]
    return [
      `${compose} pull`,
      ...plainSteps(service.ahead),
      ...ahead.map(task),
      // What writes to the database has to end before its dump, also what the new release has no longer.
      ...(cold ? [...(service.on === undefined ? stopKept : units.end), ...stop] : []),
      ...plainSteps(service.window),
      ...before.map(task),
      ...(cold ? [] : units.end),
      ...replace,
      ...(cold ? [] : stop),
      ...after.map(task),
      ...laterLines(service, {
        stop: () => together('stop'),
        start: () => together('up -d --no-deps'),
        restart: () => together('restart'),
        task: (step) => [task(step)],
      }),
    ]
  })
  return `${[...scriptHead(plan, direction), ...body].join('\n')}\n`
}

/** Compose files for podman-compose and docker compose. */
export function compose(plan: Plan): readonly ExportFile[] {
  return directions.flatMap((direction) => [
    { path: `${direction}/compose.yaml`, text: composeFile(plan, direction) },
    { path: `${direction}/run.sh`, text: script(plan, direction), executable: true as const },
  ])
}
