import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Bill, billOf } from '#attest/bill.js'
import { cyclonedxOf } from '#attest/cyclonedx.js'
import { readImageFacts } from '#attest/image-facts.js'
import { openLayerReader } from '#attest/layer-facts.js'
import { distributionsOfSbom } from '#attest/sbom-reader.js'
import { spdxOf } from '#attest/spdx.js'
import type { Lock } from '#lock/lock.js'
import { toolVersion } from '#version.js'
import {
  baseDigest,
  bookworm,
  environmentOf,
  fromSdist,
  locked,
  lockOf,
  metadataOf,
  type Tree,
  writeImage,
} from './fixture.js'

const lock = lockOf(
  locked('demo', '30.2.0', ['oslo-config', 'pyperclip', 'absent']),
  locked('oslo-config', '9.7.1', ['pyyaml']),
  locked('pyyaml', '6.0.2'),
  fromSdist('pyperclip', '1.9.0'),
)
const classifier = 'Classifier: License :: OSI Approved ::'
const licences = {
  demo: `Summary: A service\n${classifier} Apache Software License\n`,
  'oslo-config': 'License-Expression: Apache-2.0 OR LicenseRef-Own\n',
  pyyaml: 'License: MIT\n',
  pyperclip: 'License: BSD\n',
}

async function billFor(locks: Lock, ...trees: readonly Tree[]): Promise<Bill> {
  const { dir, manifest, descriptor } = await writeImage(trees)
  return billOf({
    image: {
      name: 'demo:2025.1',
      digest: descriptor.digest,
      platform: 'linux/amd64',
      base: { name: 'debian:bookworm', digest: baseDigest },
    },
    lock: locks,
    facts: await readImageFacts(dir, manifest, openLayerReader()),
    prefix: '/opt/venv',
  })
}

let validate: ReturnType<Ajv['compile']>

beforeAll(() => {
  const library = dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'))
  const schema = (name: string) =>
    JSON.parse(readFileSync(join(library, 'res', 'schema', `${name}.SNAPSHOT.schema.json`), 'utf8'))
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  validate = ajv.compile(schema('bom-1.6'))
})

function cyclonedxErrors(text: string) {
  validate(JSON.parse(text))
  return validate.errors ?? []
}

/** What changes with every version of svcsplit is no part of a golden. */
function golden(text: string): string {
  return text
    .replaceAll(toolVersion(), 'VERSION')
    .replace(/urn:uuid:[0-9a-f-]{36}/, 'urn:uuid:00000000-0000-8000-8000-000000000000')
}

describe('the SBOMs of a small image', () => {
  let bill: Bill

  beforeAll(async () => {
    const stray = {
      'usr/local/lib/python3.11/site-packages/pip-23.0.dist-info/METADATA': metadataOf('pip', '23.0'),
    }
    const debian = { 'usr/lib/python3/dist-packages/six-1.egg-info': metadataOf('six', '1') }
    bill = await billFor(lock, bookworm, environmentOf(lock, licences), { ...stray, ...debian })
  })

  it('are these', async () => {
    await expect(golden(cyclonedxOf(bill))).toMatchFileSnapshot('goldens/cyclonedx.golden')
    await expect(golden(spdxOf(bill))).toMatchFileSnapshot('goldens/spdx.golden')
  })

  it('fit the schema of CycloneDX 1.6, with a time and without', () => {
    expect(cyclonedxErrors(cyclonedxOf(bill))).toEqual([])
    expect(cyclonedxErrors(cyclonedxOf(bill, '2026-01-31T12:00:00Z'))).toEqual([])
  })

  it('refer to nothing that they do not hold, and name nothing twice', () => {
    const { metadata, components, dependencies } = JSON.parse(cyclonedxOf(bill)) as {
      metadata: { component: { 'bom-ref': string } }
      components: { 'bom-ref': string }[]
      dependencies: { ref: string; dependsOn?: string[] }[]
    }
    const refs = [metadata.component['bom-ref'], ...components.map((item) => item['bom-ref'])]
    expect(new Set(refs).size).toBe(refs.length)
    const named = dependencies.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn])
    expect(named.filter((ref) => !refs.includes(ref))).toEqual([])
    const spdx = JSON.parse(spdxOf(bill)) as {
      packages: { SPDXID: string; licenseDeclared: string }[]
      relationships: { spdxElementId: string; relatedSpdxElement: string }[]
      hasExtractedLicensingInfos: { licenseId: string }[]
    }
    const ids = ['SPDXRef-DOCUMENT', ...spdx.packages.map(({ SPDXID }) => SPDXID)]
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^SPDXRef-[A-Za-z0-9.-]+$/.test(id))).toEqual([])
    const ends = spdx.relationships.flatMap((item) => [item.spdxElementId, item.relatedSpdxElement])
    expect(ends.filter((id) => !ids.includes(id))).toEqual([])
    const quoted = new Set(spdx.hasExtractedLicensingInfos.map(({ licenseId }) => licenseId))
    const referred = spdx.packages.flatMap(
      (item) => item.licenseDeclared.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? [],
    )
    expect(new Set(referred)).toEqual(quoted)
  })

  it('have the same bytes for the same image, and another serial number for another', async () => {
    const again = await billFor(lock, bookworm, environmentOf(lock, licences))
    const third = await billFor(lock, bookworm, environmentOf(lock, licences))
    expect(cyclonedxOf(third)).toBe(cyclonedxOf(again))
    expect(spdxOf(third)).toBe(spdxOf(again))
    const serial = (text: string) => /urn:uuid:[0-9a-f-]+/.exec(text)![0]
    expect(serial(cyclonedxOf(bill))).not.toBe(serial(cyclonedxOf(again)))
    expect(serial(spdxOf(bill))).not.toBe(serial(spdxOf(again)))
  })

  it('are read back as the distributions that they name', () => {
    const expected = ['demo 30.2.0', 'oslo-config 9.7.1', 'pip 23.0', 'pyperclip 1.9.0', 'pyyaml 6.0.2']
    for (const text of [cyclonedxOf(bill), spdxOf(bill)])
      expect(
        distributionsOfSbom(text)!
          .map(({ name, version }) => `${name} ${version}`)
          .sort(),
      ).toEqual(expected)
  })
})

describe('the SBOMs of a hostile image', () => {
  it('stay valid and printable', async () => {
    const evil = '\u001b]0;x\u0007\u202e"}],<script>'
    const small = lockOf(locked('demo', '1'))
    const status = `Package: a${evil.replaceAll(/\s/g, '')}\nStatus: install ok installed\nVersion: 1;${evil}\n`
    const bill = await billFor(
      small,
      { 'var/lib/dpkg/status': status, 'usr/lib/os-release': `ID=${evil}\nVERSION_ID=${evil}\n` },
      environmentOf(small, { demo: `Summary: ${evil}\nLicense: ${evil}\nLicense-Expression: ${evil}\n` }),
    )
    for (const text of [cyclonedxOf(bill), spdxOf(bill)]) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]|\\u0/)
      expect(text).toContain('\\\\u{1b}')
    }
    expect(cyclonedxErrors(cyclonedxOf(bill))).toEqual([])
  })
})

describe('billOf', () => {
  it.each([
    [
      'another version',
      { 'demo-2.dist-info': metadataOf('demo', '2') },
      'demo is 2 in the image, 1 in the lock',
    ],
    ['nothing', {}, 'demo 1 of the lock is not in the image'],
    [
      'more',
      { 'demo-1.dist-info': metadataOf('demo', '1.0'), 'b-1.dist-info': metadataOf('b', '1') },
      'b 1 of the image is not in the lock',
    ],
  ])('refuses a lock when the image has %s', async (_, folders, problem) => {
    const tree = Object.fromEntries(
      Object.entries(folders).map(([folder, text]) => [
        `opt/venv/lib/python3.11/site-packages/${folder}/METADATA`,
        text,
      ]),
    )
    const work = billFor(lockOf(locked('demo', '1')), tree)
    await expect(work).rejects.toMatchObject({
      code: 'E-ATT-LOCK',
      message: expect.stringContaining(problem),
    })
  })
})

describe('distributionsOfSbom', () => {
  it('reads components inside of components, however deep', () => {
    const depth = 50_000
    const text = `${'{"components":[{"purl":"pkg:pypi/a@1"},'.repeat(depth)}{}${']}'.repeat(depth)}`
    expect(distributionsOfSbom(text)).toHaveLength(depth)
  })

  it('has no answer when no distribution is named', () => {
    expect(distributionsOfSbom('{"components":[{"purl":"pkg:npm/a@1"}]}')).toBeUndefined()
  })

  it.each([
    '',
    '[]',
    '{}',
    '{"components":[1]}',
    '{"packages":[{"externalRefs":[null]}]}',
  ])('refuses %j', (text) => {
    expect(() => distributionsOfSbom(text)).toThrow(expect.objectContaining({ code: 'E-ATT-FORM' }))
  })
})
