import type { FileOrigin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { Host } from './check.js'
import { type Finding, fingerprint, levelOf } from './finding.js'

/** What one version of a service can be started by: scripts by name, and WSGI modules (`nova.wsgi.metadata`). */
export interface Scripts {
  readonly version: string
  readonly names: readonly string[]
  /** What makes its WSGI applications, as `keystone.server.wsgi:initialize_public_application`. */
  readonly makers: readonly string[]
}

/** What a service starts in the release that the host runs, and in the release that is to come. */
export interface EntryPoints {
  readonly distribution: DistributionName
  readonly before: Scripts
  readonly after: Scripts
  /** Scripts and WSGI modules that the profile starts in the release to come, with their places. */
  readonly started: readonly StartedProgram[]
}

/** A process of the profile in the release to come. */
interface StartedProgram {
  readonly name: string
  /** A script, a WSGI module, or what makes a WSGI application. */
  readonly program: string
  /** As the profile has it. */
  readonly shown: string
  /** Scripts whose place it takes. */
  readonly replaces: readonly string[]
  readonly at: FileOrigin
}

/**
 * Scripts and WSGI modules that the host's release of the service has and the new one has not, and those that
 * the profile starts and the new one does not provide. An image with such a command installs well and does not start.
 */
export function vanishedEntryPoints(
  candidate: { readonly service: string; readonly release?: string },
  host: Host,
  entryPoints: EntryPoints,
): readonly Finding[] {
  const { distribution, before, after, started } = entryPoints
  const present = new Set([...after.names, ...after.makers])
  const { service, release } = candidate

  function finding(by: string, name: string, at: Finding['demand']['at'], direct: boolean): Finding {
    const heir = started.find((one) => one.replaces.includes(name) || one.name === name)
    const instead =
      direct && heir !== undefined ? { instead: { process: heir.name, starts: heir.shown } } : {}
    return {
      ...instead,
      id: fingerprint([
        'entry-point',
        service,
        release,
        direct ? 'service' : by,
        name,
        host.label,
        host.python,
      ]),
      rule: 'entry-point',
      level: levelOf['entry-point'],
      distribution,
      demand: { service, ...(release === undefined ? {} : { release }), by, specifier: name, at },
      supply: { version: after.version },
      via: [distribution],
      direct,
      state: 'new',
      fixes: [],
    }
  }

  const gone = before.names
    .filter((name) => !present.has(name))
    .map((name) =>
      finding(
        `${distribution} ${before.version}`,
        name,
        { distribution, version: before.version, field: 'Entry-Point' },
        true,
      ),
    )
  const unknown = started
    .filter(({ program }) => !present.has(program))
    .map(({ program, at }) => finding(`profile ${service}`, program, at, false))
  return [...gone, ...unknown]
}
