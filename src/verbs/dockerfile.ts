import { type ContextWheel, renderContainerfile } from '#dockerfile/containerfile.js'
import { writeContext } from '#dockerfile/context.js'
import { SvcsplitError } from '#errors.js'
import { sudoersText } from '#inputs/sudoers.js'
import { systemModulesOf } from '#inputs/system-packages.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { systemModulesPath, systemModulesText } from '#layers/system-modules.js'
import { readBuildRequirements } from '#wheelhouse/build-requirements.js'
import { localBase } from './registry-base.js'
import { fetchBuildWheel } from './sdist-builder.js'
import {
  type PartsRequest,
  partsOf,
  type ServiceParts,
  type Target,
  targetOf,
  type Workshop,
  withWorkshop,
} from './service-parts.js'

export interface DockerfileRequest extends PartsRequest {
  /** `glance@2025.1` */
  readonly service: string
  /** The folder of the context; `<service>-<release>` if left out. */
  readonly dir?: string
}

interface WrittenContext {
  readonly dir: string
  readonly wheels: number
}

/** pip, to run out of its own wheel in the build stage. */
async function pipWheel({ fleet, index, store }: Workshop): Promise<ContextWheel & { path: string }> {
  const table = await readBuildRequirements(`${fleet.root}/constraints/build-requirements.json`)
  const pip = table.wheels.find(({ name }) => name === 'pip')
  if (pip === undefined)
    throw new SvcsplitError('E-CAT-FORM', 'the build requirements do not have pip', {
      at: { path: table.path },
    })
  return { ...pip, path: await fetchBuildWheel(pip, { index, store }) }
}

/** Writes the context of an image whose parts are on disk. @returns how many wheels it has */
export async function writeContextOf(
  workshop: Workshop,
  target: Target,
  parts: ServiceParts,
  dir: string,
): Promise<number> {
  const { base, lock, files } = parts
  const pip = await pipWheel(workshop)
  const modules = systemModulesOf(target.profile, target.release)
  const containerfile = renderContainerfile(lock, target.profile, {
    base: 'svcsplit-base',
    prefix,
    pythonPath: base.pythonPath,
    wheels: files.wheels,
    pip,
    command: target.processes[0]?.command ?? [],
    sudoers: sudoersText(target.profile, target.release, prefix),
    ...(modules.length === 0
      ? {}
      : {
          systemModules: {
            path: systemModulesPath({ prefix, python: base.python }),
            text: systemModulesText(modules),
          },
        }),
    ports: target.processes.flatMap(({ port }) => (port === undefined ? [] : [port])),
  })
  await writeContext(dir, containerfile, [...files.wheels, pip], base)
  return files.wheels.length
}

/**
 * Writes a service release's image as a Containerfile with everything that it copies.
 * @throws every code of bootstrapping, locking, fetching, building and writing
 */
export async function dockerfile(asked: DockerfileRequest): Promise<WrittenContext> {
  const request = { ...asked, ...(await localBase(asked.base, [asked.platform], asked)) }
  return withWorkshop(request, async (workshop) => {
    const target = targetOf(workshop.fleet, request.service)
    const parts = await partsOf(workshop, target)
    const dir = request.dir ?? `${target.service}-${target.release}`
    const wheels = await writeContextOf(workshop, target, parts, dir)
    return { dir, wheels }
  })
}
