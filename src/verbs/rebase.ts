import { join } from 'node:path'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { suiteOf } from '#base/base-reference.js'
import { SvcsplitError } from '#errors.js'
import { readLayoutImage } from '#image/layout.js'
import { readImageFiles } from '#image/read-files.js'
import { ownLayers, rebaseImage, withoutTop } from '#image/rebase.js'
import { loadFleet } from '#inputs/fleet.js'
import { runPackages } from '#inputs/system-packages.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { openBlobStore } from '#io/blob-store.js'
import { bytecodeForm, bytecodeLabel } from '#layers/bytecode-layer.js'
import type { Layer } from '#layers/layer.js'
import type { ImageConfig } from '#oci/config.js'
import { refNameAnnotation } from '#oci/descriptor.js'
import type { Manifest } from '#oci/manifest.js'
import { parseLayoutReference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { accountsOf } from './base-accounts.js'
import { compiledLayer } from './bytecode.js'
import { withDelivery } from './delivery.js'
import { parseDestination, requireDestination } from './destination.js'
import { glibcFits } from './locked.js'
import { glibcLabel, pythonLabel } from './make-image.js'
import { localBase } from './registry-base.js'

export interface RebaseRequest {
  /** `oci:DIR` or `oci:DIR:NAME`. */
  readonly image: string
  /** `debian:SUITE`, `oci:DIR`, `oci:DIR:NAME` or `registry:REFERENCE`. */
  readonly base: string
  readonly output: string
  readonly tag?: string
  /** Bootstrap the base again although there is one in the cache: that is how its packages move on. */
  readonly refresh?: boolean
  readonly cacheDir: string
  readonly root?: string
  readonly plainHttp?: boolean
  readonly progress?: Progress
}

interface RebasedImage {
  readonly name: string
  readonly digest: string
  readonly before: string
  readonly base: { readonly name: string; readonly digest: string }
  /** Layers that stayed as they were. */
  readonly kept: number
  readonly newBytes: number
}

interface Finished {
  readonly manifest: Manifest
  readonly config: ImageConfig
}

function unfit(message: string, hint = 'build the image anew on this base'): SvcsplitError {
  return new SvcsplitError('E-IMG-BASE', message, { hint })
}

/** What the environment was made for: an interpreter at its path, and a glibc that is not older. */
function requireSameGround({ config }: Finished, base: BaseImage): void {
  const labels = config.config?.Labels
  const [python, glibc] = [labels?.get(pythonLabel), labels?.get(glibcLabel)]
  if (python === undefined || glibc === undefined)
    throw unfit('the image does not say which Python and glibc it was made for', 'build it anew')
  if (base.pythonPath !== python)
    throw unfit(`the image runs on ${python}, and ${base.name} has ${base.pythonPath}`)
  if (!glibcFits(glibc, base.glibc))
    throw unfit(`the image may need glibc ${glibc}, and ${base.name} has glibc ${base.glibc}`)
}

/**
 * The image brings its own `passwd` and `group`: accounts that only the new base has would be lost.
 * @param image whose topmost layer is that of its configuration
 */
async function requireSameAccounts(
  dir: string,
  { manifest }: Finished,
  base: BaseImage,
  cacheDir: string,
): Promise<void> {
  const top = { ...manifest, layers: manifest.layers.slice(-1) }
  const files = await readImageFiles(dir, top, ['etc/passwd', 'etc/group'])
  const accounts = await accountsOf(base, cacheDir)
  for (const [path, text] of [
    ['etc/passwd', accounts.passwd],
    ['etc/group', accounts.group],
  ] as const) {
    const present = new Set((files.get(path)?.toString() ?? '').split('\n'))
    const lost = text.split('\n').find((line) => line !== '' && !present.has(line))
    if (lost !== undefined) throw unfit(`/${path} of ${base.name} has ${lost}, which the image does not have`)
  }
}

/** The profile's packages for a base that is bootstrapped: the service needs them as before. */
function packagesOf(request: RebaseRequest, service: string, release: string): readonly string[] {
  const suite = suiteOf(request.base)
  return suite === undefined ? [] : runPackages(loadFleet(request.root).profile(service), suite, release)
}

/** `glance:2025.1` of the layout's index, or of the image's own words. */
function nameOf(
  name: string | undefined,
  { manifest, config }: Finished,
): { readonly service: string; readonly tag: string } {
  const [service, tag] = (name ?? '').split(':')
  const title = manifest.annotations?.get('org.opencontainers.image.title')
  const release = manifest.annotations?.get('io.svcsplit.release')
  const found = { service: title ?? service ?? '', tag: tag ?? release ?? 'latest' }
  if (found.service === '' || ownLayers(config) === 0)
    throw unfit('the image was not built by svcsplit', 'build it: svcsplit build')
  return found
}

/** What the Python of one base compiles is not said to be what that of another one does. */
async function bytecodeOn(
  plain: Finished,
  base: BaseImage,
  sources: readonly string[],
  { cacheDir, progress }: RebaseRequest,
): Promise<Layer> {
  const store = openBlobStore(join(cacheDir, 'blobs'))
  const options = { prefix, python: base.python, store, cacheDir }
  return compiledLayer(
    { ...options, ...(progress === undefined ? {} : { progress }) },
    { plain: async () => rebaseImage(plain, base), sources },
  )
}

function keptLayers(before: Finished, after: Finished): number {
  const own = before.manifest.layers.slice(-ownLayers(before.config))
  const digests = new Set(after.manifest.layers.map(({ digest }) => digest))
  return own.filter(({ digest }) => digests.has(digest)).length
}

/**
 * Puts a new base under a finished image. Its own layers stay as they are, so that nothing of them moves; its
 * bytecode is made anew by the Python of the new base.
 * @throws E-IMG-BASE where Python, glibc or accounts do not fit; E-EXE-* where bytecode cannot be made; E-IMG-*, E-FS-*, E-REG-*
 */
export async function rebase(request: RebaseRequest): Promise<RebasedImage> {
  const { cacheDir, progress } = request
  const destination = parseDestination(request.output)
  await requireDestination(destination, 1)
  const from = parseLayoutReference(request.image)
  const before = await readLayoutImage(from.dir, from.name)
  const name = from.name ?? before.descriptor.annotations?.get(refNameAnnotation)
  const { service, tag: present } = nameOf(name, before)
  const release = before.manifest.annotations?.get('io.svcsplit.release') ?? present
  const platform = `${before.config.os}/${before.config.architecture}`
  const local = await localBase(request.base, [platform], request)
  const base = await prepareBase({
    from: local.base,
    ...(local.baseName === undefined ? {} : { name: local.baseName }),
    packages: packagesOf(request, service, release),
    platform,
    cacheDir,
    ...(request.refresh === undefined ? {} : { refresh: request.refresh }),
    ...(progress === undefined ? {} : { progress }),
  })
  requireSameGround(before, base)
  const compiled = before.config.config?.Labels?.get(bytecodeLabel) === bytecodeForm
  const plain = compiled ? withoutTop(before) : before
  await requireSameAccounts(from.dir, plain, base, cacheDir)
  const sources = [join(from.dir, 'blobs'), join(base.layout, 'blobs'), join(cacheDir, 'blobs')]
  const top = compiled ? [await bytecodeOn(plain, base, sources, request)] : []
  const image = rebaseImage(plain, base, top)
  const tag = request.tag ?? present
  const newBytes = await withDelivery(destination, request, (delivery) =>
    delivery.deliver({
      service,
      release,
      tag,
      name: `${service}:${tag}`,
      image,
      sources,
      make: async () => undefined,
    }),
  )
  return {
    name: `${service}:${tag}`,
    digest: image.descriptor.digest,
    before: before.descriptor.digest,
    base: { name: base.name, digest: base.digest },
    kept: keptLayers(before, image),
    newBytes,
  }
}
