import { describe, expect, it } from 'vitest'
import { parseConstraintsText, pinsFor } from '#inputs/constraints-file.js'
import { overridden, overridesFor, parseOverrides } from '#inputs/overrides.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'

const one = (fields: string): string => `- ${fields}\n  reason: because\n  until: "2027-01-01"\n`
const pins = parseConstraintsText(
  "ovs===3.7.0\noslo.db===17.0\nlxml===5.0;python_version<'3.12'\nlxml===6.0;python_version>='3.12'\nsetuptools<81\n",
  'uc.txt',
)

function pinsUnder(text: string, service: string, release: string) {
  const constraints = overridden(pins, overridesFor(parseOverrides(text, 'o.yaml'), service, release))
  const active = pinsFor(constraints, markerEnvironment('3.11', 'linux/amd64'))
  return Object.fromEntries([...active].map(([name, { version }]) => [name, version]))
}

describe('overrides', () => {
  it('replace a pin, whatever its spelling and its markers, and point at their own line', () => {
    expect(pinsUnder(one('change: Oslo_DB===18.0'), 'nova', '2025.1')).toMatchObject({ 'oslo-db': '18.0' })
    expect(pinsUnder(one('change: lxml==7.0'), 'nova', '2025.1')).toMatchObject({ lxml: '7.0' })
    const [override] = parseOverrides(one('change: lxml==7.0'), 'o.yaml')
    expect(override).toMatchObject({ distribution: 'lxml', version: '7.0', at: { path: 'o.yaml', line: 1 } })
  })

  it('drop a pin and what else bounds it', () => {
    expect(pinsUnder(one('change: -ovs'), 'neutron', '2025.1')).not.toHaveProperty('ovs')
    const { bounds } = overridden(pins, parseOverrides(one('change: -setuptools'), 'o.yaml'))
    expect(bounds.has('setuptools' as never)).toBe(false)
  })

  it.each([
    ['change: ovs===4.0\n  services: [neutron]', 'neutron', '2025.1', '4.0'],
    ['change: ovs===4.0\n  services: [neutron]', 'nova', '2025.1', '3.7.0'],
    ['change: ovs===4.0\n  releases: ">=2025.2"', 'nova', '2025.1', '3.7.0'],
    ['change: ovs===4.0\n  releases: ">=2025.1,<2026.1"', 'nova', '2025.2', '4.0'],
    ['change: ovs===4.0\n  releases: ==my-cloud', 'nova', 'my-cloud', '4.0'],
    ['change: ovs===4.0\n  releases: ==my-cloud', 'nova', '2025.2', '3.7.0'],
  ])('hold where they say: %j for %s@%s', (fields, service, release, version) => {
    expect(pinsUnder(one(fields), service, release).ovs).toBe(version)
  })

  it('for named services count before those for all', () => {
    const text = one('change: ovs===4.0\n  services: [neutron]') + one('change: ovs===5.0')
    expect(pinsUnder(text, 'neutron', '2025.1').ovs).toBe('4.0')
    expect(pinsUnder(text, 'nova', '2025.1').ovs).toBe('5.0')
  })

  it('leave the pins of whom they are not for untouched, to the very object', () => {
    const overrides = parseOverrides(one('change: ovs===4.0\n  services: [neutron]'), 'o.yaml')
    expect(overridden(pins, overridesFor(overrides, 'nova', '2025.1'))).toBe(pins)
  })

  it.each<[string, string, string, number]>([
    ['no reason', '- change: -ovs\n  until: "2027-01-01"\n', 'E-OVR-SCHEMA', 1],
    ['no day', '- change: -ovs\n  reason: x\n', 'E-OVR-SCHEMA', 1],
    ['a day that is none', '- change: -ovs\n  reason: x\n  until: "2027-13-01"\n', 'E-OVR-SCHEMA', 3],
    ['a range in place of a pin', one('change: ovs>=4'), 'E-OVR-SCHEMA', 1],
    ['a name alone', one('change: ovs'), 'E-OVR-SCHEMA', 1],
    ['a version that is none', one('change: ovs==four'), 'E-OVR-SCHEMA', 1],
    ['a key that nobody knows', one('change: -ovs\n  service: nova'), 'E-OVR-SCHEMA', 2],
    ['one distribution changed twice', one('change: -ovs') + one('change: OVS===4.0'), 'E-OVR-SCHEMA', 4],
    ['no list', 'change: -ovs\n', 'E-OVR-SCHEMA', 1],
    ['no YAML', '- [', 'E-OVR-SYNTAX', 1],
    ['nothing', '', 'E-OVR-SYNTAX', 1],
  ])('with %s are refused with their place', (_, text, code, line) => {
    expect(() => parseOverrides(text, 'o.yaml')).toThrow(
      expect.objectContaining({ code, at: expect.objectContaining({ path: 'o.yaml', line }) }),
    )
  })
})

describe('A change names a distribution', () => {
  it.each(['s-==9', '-x.', '_a===1'])('and %s is refused, which does not', (change) => {
    const text = `- change: ${JSON.stringify(change)}\n  reason: none\n  until: "2026-12-01"\n`
    expect(() => parseOverrides(text, 'o.yaml')).toThrow(/is not the name of a distribution|change/)
  })
})
