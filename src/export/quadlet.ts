import { SvcsplitError, visible } from '#errors.js'
import type { Plan, PlannedContainer, ServicePlan, Step } from '#upgrade/plan.js'
import { admitCommands, drainCommands } from '#upgrade/proxy.js'
import { shellLine } from '#upgrade/shell.js'
import {
  comment,
  type Direction,
  directions,
  type ExportFile,
  imageOf,
  isOnHost,
  laterLines,
  probeCommand,
  scriptHead,
  stepLines,
  unitCommands,
} from './files.js'

/**
 * A value in a unit file (systemd.syntax(7)): `%` begins a specifier and `$` a variable; both are doubled. Words are
 * put in quotes with C escapes.
 * @throws E-CLI-USAGE for control characters
 */
export function unitWord(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new SvcsplitError('E-CLI-USAGE', `a unit cannot hold the control character in "${visible(text)}"`)
  const escaped = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  if (/^[A-Za-z0-9_@%+=:,./$-]+$/.test(escaped)) return escaped
  return `"${escaped.replace(/[\\"]/g, '\\$&')}"`
}

const unitLine = (words: readonly string[]): string => words.map(unitWord).join(' ')

function unit(plan: ServicePlan, container: PlannedContainer, direction: Direction): ExportFile | undefined {
  const command = direction === 'upgrade' ? container.after : container.before
  if (command === undefined || isOnHost(plan, direction)) return undefined
  const { name, volumes, environment, port, health } = container
  const image = imageOf(plan, direction)
  const lines = [
    comment(`${plan.service} ${image.release}: ${container.process}`),
    '[Unit]',
    `Description=${unitLine([`${plan.service}-${image.release}-${name}`])}`,
    'After=network-online.target',
    'Wants=network-online.target',
    '',
    '[Container]',
    `Image=${unitWord(image.reference)}`,
    `ContainerName=${unitWord(name)}`,
    'Network=host',
    ...volumes.map((volume) => `Volume=${unitWord(volume)}`),
    ...Object.entries(environment).map(([key, value]) => `Environment=${unitWord(`${key}=${value}`)}`),
    ...(command.length === 0 ? [] : [`Exec=${unitLine(command)}`]),
    ...(port === undefined
      ? []
      : [
          `HealthCmd=${unitWord(JSON.stringify(probeCommand(port, health)))}`,
          'HealthInterval=10s',
          'HealthTimeout=6s',
          'HealthRetries=3',
          'HealthStartPeriod=60s',
        ]),
    '',
    '[Service]',
    'Restart=always',
    'TimeoutStartSec=900',
    'TimeoutStopSec=70',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ]
  return { path: `${direction}/${name}.container`, text: lines.join('\n') }
}

/** Ends a container that is to be gone; its unit may never have been installed. */
function endLine({ name }: PlannedContainer): string {
  const unit = `${name}.service`
  const known = `${shellLine(['systemctl', 'cat', unit])} >/dev/null 2>&1`
  return `if ${known}; then ${shellLine(['systemctl', 'stop', unit])}; fi`
}

/** Containers are ended by their units, or systemd would start them again. */
function stopLines(plan: Plan, { containers, on }: ServicePlan, { commands, host }: Step): readonly string[] {
  if (on !== undefined) return commands
  return containers
    .filter((one) => one.before !== undefined && one.host === host)
    .flatMap((one) => [
      ...drainCommands(plan.proxy, one.backend),
      one.after === undefined ? endLine(one) : shellLine(['systemctl', 'stop', `${one.name}.service`]),
    ])
}

function script(plan: Plan, direction: Direction): string {
  const folder = '/etc/containers/systemd'
  const body = plan.services.flatMap((service) => {
    const isKept = (one: PlannedContainer) =>
      (direction === 'upgrade' ? one.after : one.before) !== undefined && !isOnHost(service, direction)
    const kept = service.containers.filter(isKept)
    const gone = service.containers.filter((one) => !isKept(one))
    const cold = direction === 'upgrade' && service.restart === 'cold'
    const replace = [
      ...kept.map(({ name }) =>
        shellLine(['install', '-m', '0644', `${name}.container`, `${folder}/${name}.container`]),
      ),
      'systemctl daemon-reload',
      ...kept.flatMap(({ name, backend }) => [
        ...(cold ? [] : drainCommands(plan.proxy, backend)),
        shellLine(['systemctl', 'restart', `${name}.service`]),
        ...admitCommands(plan.proxy, backend),
      ]),
      ...gone.flatMap((one) => [
        ...(cold ? [] : [...drainCommands(plan.proxy, one.backend), endLine(one)]),
        shellLine(['rm', '-f', `${folder}/${one.name}.container`]),
      ]),
    ]
    if (direction === 'fallback') return [...replace, ...unitCommands(service).start]
    const wanted = ({ optional }: Step) => optional === undefined
    const restart = service.window.findIndex(({ phase }) => phase === 'restart')
    const split = restart < 0 ? service.window.length : restart
    const together = (verb: string): readonly string[] =>
      kept.length === 0 ? [] : [shellLine(['systemctl', verb, ...kept.map(({ name }) => `${name}.service`)])]
    return [
      '# What is asked and changed before: svcsplit plan tells how each step answers.',
      ...[...service.ahead, ...service.window.slice(0, split)]
        .filter(wanted)
        .flatMap((step) =>
          step.phase === 'stop' ? [comment(step.title), ...stopLines(plan, service, step)] : stepLines(step),
        ),
      ...replace,
      ...service.window
        .slice(split)
        .filter((step) => step.phase !== 'restart' && wanted(step))
        .flatMap(stepLines),
      ...laterLines(service, {
        stop: () => together('stop'),
        start: () => together('start'),
        restart: () => together('restart'),
        task: ({ commands }) => commands.filter((line) => line.includes(' run --rm ')),
      }),
    ]
  })
  return `${[...scriptHead(plan, direction), ...body].join('\n')}\n`
}

/** Quadlet units for podman 4.4 and newer. */
export function quadlet(plan: Plan): readonly ExportFile[] {
  return directions.flatMap((direction) => [
    ...plan.services.flatMap((service) =>
      service.containers.flatMap((container) => unit(service, container, direction) ?? []),
    ),
    { path: `${direction}/run.sh`, text: script(plan, direction), executable: true as const },
  ])
}
