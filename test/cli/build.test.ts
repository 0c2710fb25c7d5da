import { expect, it } from 'vitest'
import { whatToBuild } from '#cli/build.js'

const flags = {
  output: 'oci:images',
  base: 'debian:bookworm',
  platform: ['linux/amd64'],
  format: 'oci',
  verify: true,
  report: 'text',
} as const

it('a project of requirements alone is built under its name', () => {
  expect(whatToBuild([], { ...flags, requirements: 'r.txt', name: 'own' })).toEqual({
    services: [],
    project: { name: 'own', requirementsFile: 'r.txt', constraintsFiles: [] },
  })
})

it.each([
  ['a release', [], { requirements: 'r.txt', name: 'own', release: '2025.1' }, '--release'],
  ['services', ['glance@2025.1'], { requirements: 'r.txt', name: 'own' }, 'services'],
  ['no name', [], { requirements: 'r.txt' }, '--name'],
] as const)('a project of requirements alone with %s is refused', (_, services, more, hint) => {
  expect(() => whatToBuild(services, { ...flags, ...more })).toThrow(
    expect.objectContaining({ code: 'E-CLI-USAGE', hint: expect.stringContaining(hint) }),
  )
})
