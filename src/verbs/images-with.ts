import { openLayerReader } from '#attest/layer-facts.js'
import { SvcsplitError, visible } from '#errors.js'
import { parseReference } from '#oci/reference.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { compareVersions, parseVersion, tryParseVersion, type Version } from '#pep/version.js'
import type { DeliveryOptions } from './delivery.js'
import {
  type AskedImage,
  type Carrier,
  collecting,
  type Inventory,
  layoutAt,
  lockInventory,
  openLayout,
  type Unread,
} from './image-inventory.js'

export interface ImagesWithRequest extends DeliveryOptions {
  /** Any spelling of the distribution's name. */
  readonly distribution: string
  /** Only versions before this one, in the order of PEP 440. */
  readonly below?: string
  /** `oci:DIR`, `oci:DIR:NAME`, folders of layouts, `registry:REFERENCE`, and lock files. */
  readonly places: readonly string[]
  /** Whether an SBOM may answer for its image, or the layers must be read. */
  readonly trustSboms: boolean
}

export interface ImagesWithResult {
  readonly distribution: DistributionName
  readonly below?: string
  /** How many were asked. */
  readonly images: number
  readonly locks: number
  readonly carriers: readonly Carrier[]
  readonly unread: readonly Unread[]
}

interface Question {
  readonly distribution: DistributionName
  readonly below: Version | undefined
}

/**
 * Which images and locks carry a distribution, below a version. What cannot be read is named and does not end the
 * search. @throws E-CLI-USAGE, E-REQ-NAME, E-REQ-VERSION
 */
export async function imagesWith(request: ImagesWithRequest): Promise<ImagesWithResult> {
  if (!isValidName(request.distribution))
    throw new SvcsplitError(
      'E-REQ-NAME',
      `${visible(JSON.stringify(request.distribution))} is not the name of a distribution`,
    )
  const question: Question = {
    distribution: normalizeName(request.distribution),
    below: request.below === undefined ? undefined : parseVersion(request.below),
  }
  const carriers: Carrier[] = []
  const unread: Unread[] = []
  const asked = { image: 0, lock: 0 }
  const ask = async (
    kind: 'image' | 'lock',
    place: string,
    read: () => Promise<Inventory>,
  ): Promise<void> => {
    asked[kind] += 1
    request.progress?.step?.(`read ${place}`)
    await collecting(place, unread, async () => {
      const carrier = answer(question, await read(), unread)
      if (carrier !== undefined) carriers.push(carrier)
    })
  }
  const askAll = async (images: readonly AskedImage[]): Promise<void> => {
    for (const { place, read } of images) await ask('image', place, read)
  }
  const reader = openLayerReader()
  for (const place of request.places) {
    if (place.startsWith('registry:')) {
      const { openRepository } = await import('./registry-inventory.js')
      await collecting(place, unread, () =>
        openRepository(parseReference(place.slice('registry:'.length)), request, reader, askAll),
      )
      continue
    }
    const layout = await layoutAt(place)
    if (layout === undefined) await ask('lock', place, () => lockInventory(place))
    else
      await collecting(place, unread, async () =>
        askAll(await openLayout(layout, request.trustSboms, reader, unread)),
      )
  }
  return {
    distribution: question.distribution,
    ...(question.below === undefined ? {} : { below: question.below.text }),
    images: asked.image,
    locks: asked.lock,
    carriers,
    unread,
  }
}

function answer(
  { distribution, below }: Question,
  { distributions, problems, ...known }: Inventory,
  unread: Unread[],
): Carrier | undefined {
  for (const problem of problems) unread.push({ place: known.place, code: 'E-IMG-FORM', problem })
  const versions = new Map<string, Version>()
  for (const { name, version } of distributions) {
    if (!isValidName(name) || normalizeName(name) !== distribution) continue
    const parsed = tryParseVersion(version)
    if (parsed === undefined)
      unread.push({
        place: known.place,
        code: 'E-REQ-VERSION',
        problem: `its ${distribution} has the version '${visible(version)}', which PEP 440 does not order`,
      })
    else if (below === undefined || compareVersions(parsed, below) < 0) versions.set(parsed.text, parsed)
  }
  if (versions.size === 0) return undefined
  const ordered = [...versions.values()].sort(compareVersions).map(({ text }) => text)
  return { ...known, versions: ordered }
}
