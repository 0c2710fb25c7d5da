import type { FleetFile, RunningService } from '#inputs/fleet-file.js'
import type { PlannedContainer } from './plan.js'
import { admitCommands, drainCommands } from './proxy.js'
import { bounded, shellLine, shellWord } from './shell.js'

/** Seconds that a container has to end by itself, and to be well after its start. */
const stopSeconds = 60
const startSeconds = 120

/** The commands of one fleet: its engine, its proxy, its database. */
export interface Engine {
  /** A task in a container that goes away. */
  task(running: RunningService, image: string, command: readonly string[], limit: number): string
  start(
    container: PlannedContainer,
    running: RunningService,
    image: string,
    command: readonly string[],
  ): readonly string[]
  /** Of one that is there already, whether it runs or not. */
  resume(container: PlannedContainer): readonly string[]
  drain(container: PlannedContainer): readonly string[]
  stop(container: PlannedContainer): readonly string[]
  restart(container: PlannedContainer): readonly string[]
  pull(image: string, limit: number): string
  dump(databases: readonly string[], file: string, limit: number): readonly string[]
  /** A dump that no restore is to take any more; well done too where there is none. */
  setAside(file: string): readonly string[]
  restore(file: string, limit: number): string
}

/** Waits until a process answers at its port. */
export function answersAt(host: string, port: number, health: string | undefined): string {
  const url = `http://${host}:${port}${health ?? '/'}`
  const fail = health === undefined ? [] : ['--fail']
  const asked = shellLine(['curl', '--silent', ...fail, '--max-time', '5', '--output', '/dev/null', url])
  return bounded(startSeconds, `until ${asked}; do sleep 0.2; done`)
}

/** Ends a container and takes it away; well done too where there is none, and not where the engine does not answer. */
export function haltCommands(engine: FleetFile['engine'], name: string): readonly string[] {
  const stop = [engine, 'stop', '--time', String(stopSeconds)]
  const remove = [engine, 'rm', '--force']
  if (engine === 'podman')
    return [
      shellLine([...stop.slice(0, 2), '--ignore', ...stop.slice(2), name]),
      shellLine([...remove.slice(0, 2), '--ignore', ...remove.slice(2), name]),
    ]
  // docker has no --ignore: what it complains of is told from its not being there by asking for it.
  const filter = `name=^${name.replaceAll('.', '\\.')}$`
  const asked = shellLine(['docker', 'ps', '--all', '--quiet', '--filter', filter])
  return [stop, remove].map(
    (words) =>
      `if found=$(${asked}); then test -z "$found" || ${shellLine([...words, name])}; else false; fi`,
  )
}

export function engineOf(fleet: FleetFile): Engine {
  const { engine, options, database, proxy } = fleet

  const settings = (
    running: RunningService,
    volumes: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): readonly string[] => [
    ...options,
    ...running.options,
    ...volumes.map((volume) => `--volume=${volume}`),
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
  ]

  const well = ({ name, host, port, health }: PlannedContainer): string => {
    if (port !== undefined) return answersAt(host ?? '127.0.0.1', port, health)
    const running = shellLine([engine, 'inspect', '--format', '{{.State.Running}}', name])
    return `sleep 5 && test "$(${running})" = true`
  }

  const client = (program: string, further: readonly string[]): readonly string[] => [
    program,
    // The option file has to come first.
    ...(database?.options === undefined ? [] : [`--defaults-extra-file=${database.options}`]),
    ...(database?.host === undefined ? [] : [`--host=${database.host}`]),
    ...(database?.port === undefined ? [] : [`--port=${database.port}`]),
    ...further,
  ]

  return {
    task: (running, image, command, limit) =>
      shellLine([
        'timeout',
        String(limit),
        engine,
        'run',
        '--rm',
        ...settings(running, running.volumes, running.environment),
        image,
        // The first process of a container leaves alone a signal that it does not expect, as that of the outer one.
        'timeout',
        String(limit),
        ...command,
      ]),
    start: (container, running, image, command) => [
      shellLine([
        engine,
        'run',
        '--detach',
        `--name=${container.name}`,
        ...settings(running, container.volumes, container.environment),
        image,
        ...command,
      ]),
      well(container),
      ...admitCommands(proxy, container.backend),
    ],
    resume: (container) => [
      shellLine([engine, 'start', container.name]),
      well(container),
      ...admitCommands(proxy, container.backend),
    ],
    drain: ({ backend }) => drainCommands(proxy, backend),
    stop: ({ name, backend }) => [...drainCommands(proxy, backend), ...haltCommands(engine, name)],
    restart: (container) => [
      ...drainCommands(proxy, container.backend),
      shellLine([engine, 'restart', '--time', String(stopSeconds), container.name]),
      well(container),
      ...admitCommands(proxy, container.backend),
    ],
    pull: (image, limit) => shellLine(['timeout', String(limit), engine, 'pull', image]),
    dump: (databases, file, limit) => {
      const further = [
        '--single-transaction',
        '--routines',
        '--triggers',
        '--add-drop-database',
        '--databases',
      ]
      const command = shellLine([
        'timeout',
        String(limit),
        ...client('mariadb-dump', [...further, ...databases]),
      ])
      const refusal = `${file} is there, and a restore would take it: move it away if nobody needs it`
      return [
        // Carried out a second time, it would write what the new release has made of the database over the way back.
        `if test -e ${shellWord(file)}; then printf '%s\\n' ${shellWord(refusal)} >&2; false; fi`,
        shellLine(['mkdir', '-p', file.slice(0, file.lastIndexOf('/')) || '/']),
        // Hashes of passwords are in it. Only a dump that came to its end gets the name.
        `(umask 077 && ${command} > ${shellWord(`${file}.part`)})`,
        shellLine(['mv', `${file}.part`, file]),
      ]
    },
    setAside: (file) => [
      `if test -e ${shellWord(file)}; then ${shellLine(['mv', file, `${file}.aside`])}; fi`,
    ],
    restore: (file, limit) =>
      `${shellLine(['timeout', String(limit), ...client('mariadb', [])])} < ${shellWord(file)}`,
  }
}
