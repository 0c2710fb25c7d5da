import { type BaseImage, prepareBase } from '#base/base-image.js'
import { parseBaseReference } from '#base/base-reference.js'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import type { Progress } from '#progress.js'
import { type BuildWheel, readBuildRequirements } from '#wheelhouse/build-requirements.js'
import { openWheelhouse, type Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { requireRunning } from './foreign.js'
import type { LazyIndex } from './open-index.js'

export interface SdistBuilderRequest {
  /** Where `constraints/` lies. */
  readonly root: string
  /** `debian:SUITE` or `oci:DIR`, as for the image. */
  readonly base: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** Debian packages that compilations need: the same for all services, so that their wheels are. */
  readonly buildPackages: readonly string[]
  readonly index: LazyIndex
  readonly store: BlobStore
  readonly cacheDir: string
  readonly offline?: boolean
  readonly progress?: Progress
}

/** A pinned wheel that builds need, from the store or the index. @returns its path. @throws E-IDX-*, E-NET-* */
export async function fetchBuildWheel(
  wheel: BuildWheel,
  { index, store, progress }: Pick<SdistBuilderRequest, 'index' | 'store' | 'progress'>,
): Promise<string> {
  if (await store.has(wheel.sha256)) return store.path(wheel.sha256)
  const files = await (await index.open()).files(wheel.name, wheel.version)
  const url = files.find(({ filename }) => filename === wheel.filename)?.url
  if (url === undefined)
    throw new SvcsplitError('E-IDX-NOTFOUND', `the index does not have ${wheel.filename}, which builds need`)
  return index.http.download(url, wheel, store, progress)
}

/**
 * The wheelhouse of a run. It builds on the bare base of the suite, not on the service's: a wheel then is the
 * same for all services, and is built once.
 */
export async function sdistBuilder(request: SdistBuilderRequest): Promise<Wheelhouse> {
  const { base, platform, store, cacheDir, offline, progress } = request
  const suite = parseBaseReference(base).kind === 'debian'
  const shared = {
    ...{ from: base, platform, cacheDir },
    ...(offline === undefined ? {} : { offline }),
    ...(progress === undefined ? {} : { progress }),
  }

  async function withPackages(packages: readonly string[]): Promise<BaseImage> {
    if (suite) return prepareBase({ ...shared, packages })
    throw new SvcsplitError('E-SDT-BUILD', `${base} cannot be given the packages that a compilation needs`, {
      hint: 'build on debian:SUITE, or bring the wheels: --wheelhouse DIR',
    })
  }

  const wheelhouse = openWheelhouse({
    base: await prepareBase(shared),
    platform,
    buildPackages: request.buildPackages,
    withPackages,
    requirements: await readBuildRequirements(`${request.root}/constraints/build-requirements.json`),
    fetch: (wheel) => fetchBuildWheel(wheel, request),
    cacheDir,
    store,
    ...(progress === undefined ? {} : { progress }),
  })
  return {
    ...wheelhouse,
    async buildWheel(sdist) {
      await requireRunning(`${sdist.distribution} ${sdist.version}`, platform)
      return wheelhouse.buildWheel(sdist)
    },
  }
}
