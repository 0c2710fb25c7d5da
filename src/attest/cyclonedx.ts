import { visible } from '#errors.js'
import { toolVersion } from '#version.js'
import type { Bill, BillDistribution, BillPackage } from './bill.js'
import { byText } from './image-facts.js'
import type { Licence } from './licence.js'
import { uuidOf } from './stable-id.js'

type Json = Readonly<Record<string, unknown>>

/**
 * The bill as CycloneDX 1.6 JSON: same bill, same bytes. The serial number is made from the content.
 * @param created RFC 3339; without it the document bears no time, which the format allows
 */
export function cyclonedxOf(bill: Bill, created?: string): string {
  const { image, system } = bill
  const content = {
    version: 1,
    metadata: {
      ...(created === undefined ? {} : { timestamp: created }),
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'svcsplit', version: toolVersion() }] },
      component: {
        type: 'container',
        'bom-ref': image.purl,
        name: image.title,
        version: image.version,
        hashes: sha256Of(image.digest.slice('sha256:'.length)),
        purl: image.purl,
        properties: properties([
          ['svcsplit:image:name', image.name],
          ['svcsplit:image:platform', image.platform],
          ['svcsplit:release', bill.release],
          ['svcsplit:base:digest', image.base?.digest],
        ]),
      },
    },
    components: [
      ...bill.distributions.map(distributionComponent),
      ...bill.others.map((item) => ({
        type: 'library',
        'bom-ref': `${visible(item.folder)}`,
        name: item.rawName,
        version: visible(item.version),
        ...licences(item.licence),
        purl: item.purl,
        properties: properties([['svcsplit:folder', `/${visible(item.folder)}`]]),
      })),
      ...(system === undefined
        ? []
        : [
            {
              type: 'operating-system',
              'bom-ref': 'operating-system',
              name: visible(system.id),
              ...(system.version === undefined ? {} : { version: visible(system.version) }),
              description: visible(system.title),
            },
          ]),
      ...bill.packages.map(packageComponent),
    ],
    dependencies: dependenciesOf(bill),
  }
  const serial = uuidOf('cyclonedx', JSON.stringify(content))
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${serial}`,
    ...content,
  }
  return `${JSON.stringify(document, null, 1)}\n`
}

function distributionComponent(item: BillDistribution): Json {
  return {
    type: 'library',
    'bom-ref': item.purl,
    name: item.rawName,
    version: item.version,
    ...(item.summary === undefined ? {} : { description: item.summary }),
    ...(item.wheel === undefined ? {} : { hashes: sha256Of(item.wheel.sha256) }),
    ...licences(item.licence),
    purl: item.purl,
    properties: properties([
      ['svcsplit:wheel', item.wheel?.filename],
      ['svcsplit:sdist', item.sdist?.filename],
      ['svcsplit:sdist:sha256', item.sdist?.sha256],
    ]),
  }
}

function packageComponent(item: BillPackage): Json {
  return { type: 'library', 'bom-ref': item.purl, name: item.name, version: item.version, purl: item.purl }
}

function licences({ expression, names }: Licence): Json {
  if (expression !== undefined) {
    const { text, references } = expression
    const isId = /^[^ ()+]+$/.test(text) && references.length === 0
    return { licenses: isId ? [{ license: { id: text } }] : [{ expression: text }] }
  }
  return names.length === 0 ? {} : { licenses: names.map((name) => ({ license: { name } })) }
}

function dependenciesOf(bill: Bill): readonly Json[] {
  const refs = new Map(bill.distributions.map(({ name, purl }) => [name, purl]))
  const system = bill.system === undefined ? [] : ['operating-system']
  const tops = [refs.get(bill.root)!, ...bill.others.map(({ folder }) => visible(folder)), ...system]
  const own = bill.distributions.map(({ purl, dependencies }) =>
    edge(
      purl,
      dependencies.flatMap((name) => refs.get(name) ?? []),
    ),
  )
  const packages = bill.packages.map(({ purl }) => purl)
  return [
    edge(bill.image.purl, [...tops, ...(bill.system === undefined ? packages : [])]),
    ...own,
    ...(bill.system === undefined ? [] : [edge('operating-system', packages)]),
  ]
}

function edge(ref: string, to: readonly string[]): Json {
  return to.length === 0 ? { ref } : { ref, dependsOn: [...new Set(to)].sort(byText) }
}

function sha256Of(hex: string): readonly Json[] {
  return [{ alg: 'SHA-256', content: hex }]
}

function properties(pairs: readonly (readonly [string, string | undefined])[]): readonly Json[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}
