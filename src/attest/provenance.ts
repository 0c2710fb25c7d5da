import type { Lock } from '#lock/lock.js'
import { toolVersion } from '#version.js'
import type { AttestedImage } from './bill.js'
import { byText } from './image-facts.js'
import { pypiPurl } from './purl.js'

export const statementType = 'https://in-toto.io/Statement/v1'
export const provenanceType = 'https://slsa.dev/provenance/v1'
/** What the build definition means is told in docs/attestations.md. */
const buildType = 'urn:svcsplit:build:image:1'
const localBuilder = 'urn:svcsplit:builder:local'

/** A document that came out of the same build. */
export interface Byproduct {
  readonly name: string
  readonly mediaType: string
  /** Hex. */
  readonly sha256: string
}

export interface ProvenanceRequest {
  readonly image: AttestedImage
  readonly lock: Lock
  readonly byproducts?: readonly Byproduct[]
  /** A URI for who built it; that it was built on somebody's machine if left out. */
  readonly builder?: string
  /** When the build ended, RFC 3339; no clock is read. */
  readonly created?: string
}

/**
 * The in-toto statement with SLSA provenance v1: which image was made of which files. Its fields are a fixed list:
 * nothing of the environment, the machine or its paths can get in.
 */
export function provenanceOf(request: ProvenanceRequest): string {
  const { image, lock, byproducts = [], builder = localBuilder, created } = request
  const { service, release, root, python, platform, glibc } = lock
  const files = lock.distributions.flatMap(({ name, version, wheel, sdist }) => {
    const file = wheel ?? sdist
    if (file === undefined) return []
    return [{ uri: pypiPurl(name, version), digest: { sha256: file.sha256 }, name: file.filename }]
  })
  const wheels = lock.distributions.flatMap(({ name, version, built }) =>
    built === undefined
      ? []
      : [{ uri: pypiPurl(name, version), digest: { sha256: built.sha256 }, name: built.filename }],
  )
  const base = image.base
  const statement = {
    _type: statementType,
    subject: [{ name: image.name, digest: { sha256: image.digest.slice('sha256:'.length) } }],
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          service,
          ...(release === undefined ? {} : { release }),
          distribution: root,
          python,
          platform,
          ...(base === undefined ? {} : { base: shownBase(base.name) }),
        },
        internalParameters: { glibc },
        resolvedDependencies: [
          ...(base === undefined
            ? []
            : [{ digest: { sha256: base.digest.slice('sha256:'.length) }, name: shownBase(base.name) }]),
          ...files.sort((a, b) => byText(a.name, b.name)),
        ],
      },
      runDetails: {
        builder: { id: builder, version: { svcsplit: toolVersion() } },
        ...(created === undefined ? {} : { metadata: { finishedOn: created } }),
        byproducts: [
          ...byproducts.map(({ name, mediaType, sha256 }) => ({ name, digest: { sha256 }, mediaType })),
          ...wheels,
        ],
      },
    },
  }
  return JSON.stringify(statement)
}

/** Of a base in a layout only that: the path of a folder is the builder's own affair. */
function shownBase(name: string): string {
  return name.startsWith('oci:') ? 'oci' : name
}
