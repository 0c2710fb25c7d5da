import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadFleet } from '#inputs/fleet.js'
import { readTextSync } from '#io/files.js'
import { schemaNamed, schemaNames } from '#verbs/schemas.js'

it.each(schemaNames().map(({ name }) => name))('the schema %s is one, and names itself', async (name) => {
  const schema = JSON.parse(JSON.stringify(await schemaNamed(name)))
  expect(new Ajv2020({ strict: true }).validateSchema(schema)).toBe(true)
  expect(schema.$id).toMatch(new RegExp(`^urn:svcsplit:schema:${name}:[0-9]+$`))
})

it('the published schema of profiles takes every shipped one, read by any YAML parser', async () => {
  const fleet = loadFleet()
  const validate = new Ajv2020({ strict: true }).compile(
    JSON.parse(JSON.stringify(await schemaNamed('profile'))),
  )
  for (const service of fleet.releases.list.at(-1)!.services.keys())
    expect([
      service,
      validate(parse(readTextSync(`${fleet.root}profiles/${service}.yaml`))),
      validate.errors,
    ]).toEqual([service, true, null])
})
