import type { Snapshot } from '#catalog/snapshot.js'
import type { Start } from '#collisions/import-reach.js'
import { type AsRun, asRunOf, codeNeedsOf } from '#collisions/needed-names.js'
import { SvcsplitError } from '#errors.js'
import { pinsFor } from '#inputs/constraints-file.js'
import type { Fleet } from '#inputs/fleet.js'
import type { Profile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { pathInSet } from '#io/file-set.js'
import { existsSync } from '#io/files.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import type { Pins } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { surfaceFiles } from '#surface/headers.js'
import { layeredSurface } from '#surface/layered.js'
import { loadSurface } from '#surface/shipped.js'
import { type Surface, type UseKind, useKinds } from '#surface/surface.js'

/** A service of a release, by the distribution and version that it is shipped as. */
interface Shipped {
  readonly release: string
  readonly service: string
}

/** `cinder.cmd.api:main` and `nova.wsgi.osapi_compute:application` as the module that is imported. */
function moduleOfTarget(target: string): string {
  return target.split(':')[0]!.trim()
}

/** The processes of the profile; every script of the version where the profile names none. */
function processesOf(
  profile: Profile,
  release: string,
  scripts: ReadonlyMap<string, string>,
): readonly Start[] {
  const running = profile.processes.filter(({ releases }) => inReleaseRange(release, releases))
  if (running.length === 0)
    return [...scripts].map(([name, target]) => ({ kind: 'process', name, module: moduleOfTarget(target) }))
  return running.flatMap(({ name, command, wsgi }): Start[] => {
    const target = wsgi ?? scripts.get(command[0]!)
    return target === undefined ? [] : [{ kind: 'process', name, module: moduleOfTarget(target) }]
  })
}

function startsIn(
  fleet: Fleet,
  snapshot: Snapshot,
  { release, service }: Shipped,
  name: DistributionName,
  version: string,
  kind: Start['kind'],
): readonly Start[] {
  const groups = snapshot.entryPoints(name, version)?.groups ?? new Map<string, ReadonlyMap<string, string>>()
  const isScript = (group: string): boolean => group === 'console_scripts' || group === 'wsgi_scripts'
  if (kind === 'process') {
    const scripts = [...groups].flatMap(([group, entries]) => (isScript(group) ? [...entries] : []))
    return processesOf(fleet.profile(service), release, new Map(scripts))
  }
  return [...groups].flatMap(([group, entries]) =>
    isScript(group)
      ? []
      : [...entries].map(([entry, target]) => ({
          kind,
          name: `${group}:${entry}`,
          module: moduleOfTarget(target),
        })),
  )
}

/** What is known of the code of the fleet and of its libraries. */
function asRunFor(
  fleet: Fleet,
  snapshot: Snapshot,
  surface: Surface,
  environment: MarkerEnvironment,
  kinds?: ReadonlySet<UseKind>,
): AsRun {
  const shipped = new Map<string, Shipped[]>()
  for (const release of fleet.releases.list)
    for (const [service, { distribution, version }] of release.services) {
      const key = `${distribution} ${version}`
      shipped.set(key, [...(shipped.get(key) ?? []), { release: release.name, service }])
    }
  const pinsOf = new Map<string, Pins>()
  function pins(release: string): Pins {
    const known = pinsOf.get(release) ?? pinsFor(fleet.constraints(release), environment)
    pinsOf.set(release, known)
    return known
  }
  return asRunOf({
    surface,
    ...(kinds === undefined ? {} : { kinds }),
    versions: (name) => snapshot.versions(name),
    starts: (name, version, kind) =>
      (shipped.get(`${name} ${version}`) ?? []).flatMap((one) =>
        startsIn(fleet, snapshot, one, name, version, kind),
      ),
    tested(name, version, library) {
      const services = shipped.get(`${name} ${version}`)
      const releases =
        services?.map(({ release }) => release) ??
        fleet.releases.list
          .map((release) => release.name)
          .filter((release) => pins(release).get(name)?.version === version)
      return releases.flatMap((release) => pins(release).get(library)?.version ?? [])
    },
  })
}

/** The kinds of names that `all`, `none` or a list of them stands for. @throws E-CLI-USAGE */
export function kindsNamed(text: string): ReadonlySet<UseKind> {
  if (text === 'all') return new Set(useKinds)
  if (text === 'none') return new Set()
  const known: readonly string[] = useKinds
  const kinds = text.split(',')
  const unknown = kinds.find((kind) => !known.includes(kind))
  if (unknown !== undefined)
    throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(unknown)} is no kind of name`, {
      hint: `--code takes all, none, or some of ${useKinds.join(',')}`,
    })
  return new Set(kinds as UseKind[])
}

/** What the catalog knows of code; none where it has no names. */
export function shippedAsRun(
  fleet: Fleet,
  snapshot: Snapshot,
  environment: MarkerEnvironment,
  code?: string,
): AsRun | undefined {
  const kinds = code === undefined ? undefined : kindsNamed(code)
  if (kinds?.size === 0) return undefined
  const dir = snapshot.dirs.at(-1)!
  if (!existsSync(pathInSet(dir, surfaceFiles.used))) return undefined
  const surface = snapshot.dirs
    .slice(0, -1)
    .filter((own) => existsSync(pathInSet(own, surfaceFiles.used)))
    .reduceRight<Surface>((below, own) => layeredSurface(loadSurface(own), below), loadSurface(dir))
  const asked = kinds?.has('module') === false ? { ...surface, undeclared: () => undefined } : surface
  return asRunFor(fleet, snapshot, asked, environment, kinds)
}

/** Facts with what code needs beside what metadata declares. */
export function factsAsRun(facts: ClosureFacts, asRun: AsRun): ClosureFacts {
  return { ...facts, code: (name, version) => codeNeedsOf(asRun, name, version) }
}
