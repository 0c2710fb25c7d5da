import { releaseNamed } from '#inputs/releases.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { BuildRequest, TargetPlatform } from './build.js'
import { type PreparedImage, prepareImage } from './make-image.js'
import { openWorkshop, targetOf } from './service-parts.js'

/** Makes images of a run: the facts, the solver, the index and the store behind one door. */
export interface Maker {
  /** `SERVICE@RELEASE` of every service of a release, sorted. @throws E-REL-UNKNOWN */
  servicesOf(release: string): readonly string[]
  /** @throws E-CLI-USAGE, E-SVC-UNKNOWN, E-REL-UNKNOWN, E-PRF-* */
  check(text: string): void
  /** @param spare whether the destination has a layer already */
  prepare(
    text: string,
    platform: TargetPlatform,
    spare: (layer: Descriptor) => Promise<boolean>,
  ): Promise<PreparedImage>
  close(): Promise<void>
}

export async function openMaker(request: BuildRequest): Promise<Maker> {
  const { platforms } = request
  const workshop = openWorkshop({ ...request, platform: platforms[0]! })
  return {
    servicesOf(text) {
      const release = releaseNamed(workshop.fleet.releases, text)
      return [...release.services.keys()].sort().map((service) => `${service}@${release.name}`)
    },
    check(text) {
      targetOf(workshop.fleet, text)
    },
    prepare(text, platform, spare) {
      const own = { ...workshop, request: { ...workshop.request, platform } }
      return prepareImage(own, targetOf(workshop.fleet, text), spare, { fetch: true })
    },
    close: () => workshop.close(),
  }
}
