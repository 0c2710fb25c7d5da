import { visible } from '#errors.js'
import type { ServiceSource } from '#inputs/checkout.js'

/** Scripts that a person or a job calls once; what is left may be a process that goes on. */
const oneShot =
  /(?:^|-)(?:manage|status|dbsync|db-sync|db-manage|rootwrap|rootwrap-daemon|cleanup|check|dump|setup|init|shell|cli|ctl|tool|migrate|upgrade|policy|wsgi|wsgi-[a-z-]+)$/

interface FirstProfile {
  readonly service: string
  readonly source: ServiceSource
  /** Where the source was read, for the head of the file. */
  readonly from: string
}

/** A scalar of YAML that any text fits: JSON's double quotes, where plain text could be read as something else. */
function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)
}

function comment(text: string): string {
  return `# ${visible(text, 300)}`
}

function wsgiProcess(service: string, target: string, several: boolean): readonly string[] {
  const [module = ''] = target.split(':')
  const name = several ? `${service}-${module.split('.').at(-1)!.replaceAll('_', '-')}` : service
  return [
    `  - name: ${scalar(name)}`,
    '    # Served by the uWSGI of the base; of another server, write a command and add it to the additions above.',
    `    wsgi: ${scalar(target)}`,
    `    port: 8080`,
    `    # health: /healthcheck`,
  ]
}

function scriptProcess(script: string): readonly string[] {
  return [`  - name: ${scalar(script)}`, `    command: [${scalar(script)}]`, `    # port: 8080`]
}

/**
 * A profile to begin with, as YAML with comments at what a person has to decide. It fits the schema as it is.
 */
export function firstProfile({ service, source, from }: FirstProfile): string {
  const { distribution, scripts, wsgi, extras, groups, configuration } = source
  const processes = scripts.filter((name) => !oneShot.test(name) && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
  const tools = scripts.filter((name) => !processes.includes(name))
  const lines = [
    comment(
      `What ${service} needs to run. Begun by svcsplit init from ${from}; look at each line with "decide".`,
    ),
    `service: ${scalar(service)}`,
    `distribution: ${scalar(distribution)}`,
    comment(`decide: ${extras.length === 0 ? 'it has no extras' : `it has the extras ${extras.join(', ')}`}`),
    'extras: []',
    comment('decide: what it needs and does not declare, such as a database driver or a WSGI server'),
    ...[...groups].map(([name, demands]) =>
      comment(`  its dependency group ${name}: ${demands.join(', ') || 'empty'}`),
    ),
    'additions: []',
    comment('decide: a user of its own, with numbers that nothing else on the host has'),
    `user: {name: ${scalar(service.slice(0, 32))}, uid: 42999, gid: 42999}`,
    ...(processes.length + wsgi.length === 0
      ? [comment('decide: what is started; nothing was found'), 'processes: []']
      : [
          comment('decide: which of these go on running; the first is what the image starts'),
          ...(tools.length === 0 ? [] : [comment(`  left out as called once: ${tools.join(', ')}`)]),
          'processes:',
          ...wsgi.flatMap((target) => wsgiProcess(service, target, wsgi.length > 1)),
          ...processes.flatMap(scriptProcess),
        ]),
    comment('decide: packages of the base by its suite, to run and to build wheels'),
    'systemPackages:',
    `  run: {bookworm: [${wsgi.length === 0 ? '' : 'uwsgi-core, uwsgi-plugin-python3'}]}`,
    '  build: {bookworm: [gcc, libc6-dev, python3-dev]}',
    comment('decide: folders that belong to the user'),
    `directories: [/var/lib/${service}, /var/log/${service}]`,
    ...(configuration.length === 0
      ? []
      : ['data:', ...configuration.map((folder) => `  ${scalar(folder)}: ${scalar(`/${folder}`)}`)]),
  ]
  return `${lines.join('\n')}\n`
}

/** A fleet file to begin with: this service, at this release. */
export function firstFleet(service: string, release: string): string {
  return [
    comment('What runs today. `svcsplit schema fleet` tells all that can stand here.'),
    `release: ${scalar(release)}`,
    'services:',
    `  ${scalar(service)}:`,
    '    replicas: 1',
    '    # image: registry.example/cloud/SERVICE@sha256:...',
    '',
  ].join('\n')
}
