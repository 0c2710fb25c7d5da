import { visible } from '#errors.js'
import { layerTimeText } from '#layers/tar-header.js'
import { sha256 } from '#oci/digest.js'
import { toolVersion } from '#version.js'
import type { Bill, BillDistribution } from './bill.js'
import type { Licence } from './licence.js'
import { uuidOf } from './stable-id.js'

type Json = Readonly<Record<string, unknown>>

const unknown = 'NOASSERTION'

/**
 * The bill as SPDX 2.3 JSON: same bill, same bytes. The format wants a time, so it is the constant one of all
 * layers unless another is given; the namespace is made from the content.
 * @param created RFC 3339 in UTC, without fractions
 */
export function spdxOf(bill: Bill, created: string = layerTimeText): string {
  const { image, system } = bill
  const own = new Map(bill.distributions.map((item) => [item.name, spdxId('pypi', item.rawName, item.purl)]))
  const others = bill.others.map((item) => ({ ...item, id: spdxId('pypi', item.rawName, item.folder) }))
  const packages = bill.packages.map((item) => ({ ...item, id: spdxId('deb', item.name, item.purl) }))
  const systemId = 'SPDXRef-operating-system'
  const extracted = new Map<string, Json>()
  const content = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: image.name,
    creationInfo: { created, creators: [`Tool: svcsplit-${toolVersion()}`] },
    packages: [
      packageJson('SPDXRef-image', image.title, image.version, image.purl, {
        checksum: image.digest.slice('sha256:'.length),
        purpose: 'CONTAINER',
      }),
      ...bill.distributions.map((item) => distributionJson(own.get(item.name)!, item, extracted)),
      ...others.map((item) =>
        packageJson(item.id, item.rawName, visible(item.version), item.purl, {
          licence: declared(item.licence, extracted),
          comment: `in /${visible(item.folder)}`,
        }),
      ),
      ...(system === undefined
        ? []
        : [
            packageJson(systemId, visible(system.id), visible(system.version ?? ''), undefined, {
              purpose: 'OPERATING-SYSTEM',
            }),
          ]),
      ...packages.map(({ id, name, version, purl }) => packageJson(id, name, version, purl, {})),
    ],
    relationships: [
      relation('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-image'),
      ...[...own.values(), ...others.map(({ id }) => id)].map((id) =>
        relation('SPDXRef-image', 'CONTAINS', id),
      ),
      ...(system === undefined ? [] : [relation('SPDXRef-image', 'CONTAINS', systemId)]),
      ...packages.map(({ id }) => relation('SPDXRef-image', 'CONTAINS', id)),
      ...bill.distributions.flatMap(({ name, dependencies }) =>
        dependencies.flatMap((other) => {
          const to = own.get(other)
          return to === undefined ? [] : [relation(own.get(name)!, 'DEPENDS_ON', to)]
        }),
      ),
    ],
  }
  const licences = [...extracted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, licence]) => licence)
  const document = {
    ...content,
    documentNamespace: `urn:uuid:${uuidOf('spdx', JSON.stringify([content, licences]))}`,
    ...(licences.length === 0 ? {} : { hasExtractedLicensingInfos: licences }),
  }
  return `${JSON.stringify(document, null, 1)}\n`
}

interface PackageDetails {
  /** Hex, of sha256. */
  readonly checksum?: string | undefined
  readonly purpose?: 'CONTAINER' | 'OPERATING-SYSTEM'
  readonly licence?: string
  readonly summary?: string | undefined
  readonly filename?: string | undefined
  readonly comment?: string | undefined
}

function packageJson(
  id: string,
  name: string,
  version: string,
  purl: string | undefined,
  { checksum, purpose, licence = unknown, summary, filename, comment }: PackageDetails,
): Json {
  return {
    SPDXID: id,
    name,
    ...(version === '' ? {} : { versionInfo: version }),
    ...(filename === undefined ? {} : { packageFileName: filename }),
    downloadLocation: unknown,
    filesAnalyzed: false,
    ...(purpose === undefined ? {} : { primaryPackagePurpose: purpose }),
    ...(checksum === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: checksum }] }),
    licenseConcluded: unknown,
    licenseDeclared: licence,
    copyrightText: unknown,
    ...(summary === undefined ? {} : { summary }),
    ...(comment === undefined ? {} : { comment }),
    ...(purl === undefined
      ? {}
      : {
          externalRefs: [
            { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
          ],
        }),
  }
}

function distributionJson(id: string, item: BillDistribution, extracted: Map<string, Json>): Json {
  const { sdist } = item
  return packageJson(id, item.rawName, item.version, item.purl, {
    checksum: item.wheel?.sha256,
    licence: declared(item.licence, extracted),
    summary: item.summary,
    filename: item.wheel?.filename,
    comment: sdist === undefined ? undefined : `built from ${sdist.filename}, sha256 ${sdist.sha256}`,
  })
}

/** What is on no list is quoted under a name of its own (SPDX 2.3, clause 10). */
function declared({ expression, names }: Licence, extracted: Map<string, Json>): string {
  if (expression !== undefined) {
    for (const id of expression.references) extracted.set(id, extractedJson(id, id))
    return expression.text
  }
  if (names.length === 0) return unknown
  const text = names.join('; ')
  const id = `LicenseRef-${readable(text)}-${sha256(text).slice(7, 15)}`
  extracted.set(id, extractedJson(id, text))
  return id
}

function extractedJson(licenseId: string, text: string): Json {
  return { licenseId, name: text, extractedText: text }
}

function relation(from: string, type: string, to: string): Json {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to }
}

/** Ids have letters, digits, dots and dashes only; the hash keeps apart what would be written alike. */
function spdxId(kind: string, name: string, unique: string): string {
  return `SPDXRef-${kind}-${readable(name)}-${sha256(unique).slice(7, 15)}`
}

function readable(text: string): string {
  return text.replace(/[^A-Za-z0-9.]+/g, '-').slice(0, 60)
}
