import { describe, expect, it } from 'vitest'
import { SvcsplitError } from '#errors.js'
import { parseRequirement } from '#pep/requirement.js'
import { whyJson, whyText } from '#report/why-text.js'
import type { Demand } from '#solver/closure-demands.js'
import { strictest } from '#verbs/strictest-bounds.js'
import { type WhyOptions, why } from '#verbs/why.js'

function ask(service: string, distribution: string, options: Partial<WhyOptions> = {}) {
  return why({ service, distribution, python: '3.11', platform: 'linux/amd64', ...options })
}

const plain = { width: 120, color: false, full: false }

describe('why a distribution is in a service', () => {
  it('is told by the shortest chain and all others, with what each asks', () => {
    const { chains, member } = ask('keystone@2026.1', 'eventlet')
    expect(member).toMatchObject({ name: 'eventlet', version: '0.40.4', reason: 'pin' })
    expect(chains.isAll).toBe(true)
    expect(
      chains.chains.map((chain) => chain.map(({ demands }) => `${demands[0]!.by} ${demands[0]!.target}`)),
    ).toEqual([
      ['keystone 29.0.2 oslo-messaging', 'oslo-messaging 17.3.0 oslo-service', 'oslo-service 4.5.1 eventlet'],
    ])
  })

  it('parts the constraint that decides from the demands that would', () => {
    const { pin, bounds, wanted } = ask('nova@2026.1', 'oslo.service', { host: '2025.1' })
    expect(pin).toMatchObject({ version: '4.1.2', at: { path: 'constraints/2025.1.txt' } })
    expect(bounds.lower).toMatchObject({ specifier: '>=4.5.0', demand: { by: 'nova 33.0.2' } })
    expect(bounds.upper).toBeUndefined()
    expect(wanted.map(({ demand, isMet }) => [demand.by, isMet])).toEqual([
      ['nova 33.0.2', false],
      ['os-brick 6.11.1', true],
      ['oslo-messaging 16.1.2', true],
    ])
  })

  it('has every chain, shortest first, and says so where there are more than were looked for', () => {
    const result = ask('nova@2026.1', 'pbr')
    const { chains } = result.chains
    expect(chains.map(({ length }) => length)).toEqual(
      chains.map(({ length }) => length).sort((one, other) => one - other),
    )
    expect(new Set(chains.map((chain) => chain.map(({ demands }) => demands[0]!.by).join(' '))).size).toBe(
      557,
    )
    expect(whyText(result, plain)).toContain('30 demands on 557 chains')
    expect(whyText({ ...result, chains: { chains, isAll: false } }, plain)).toContain('more than 500 chains')
  })

  it('starts at the profile for what the profile demands', () => {
    const { chains } = ask('nova@2026.1', 'PyMySQL')
    expect(chains.chains.map((chain) => chain.map(({ demands }) => demands[0]!.by))).toEqual([
      ['profile nova'],
    ])
  })

  it('says that nothing demands it, and that a constraint alone demands nothing', () => {
    const result = ask('keystone@2026.1', 'libvirt-python')
    expect(result.member).toBeUndefined()
    const text = whyText(result, plain)
    expect(text).toContain('nothing that keystone@2026.1 needs demands libvirt-python')
    expect(text).toMatch(
      /constraint +libvirt-python would be at .* a constraint demands nothing\s+constraints\/2026\.1\.txt:\d+/,
    )
    expect(JSON.parse(whyJson(result))).toMatchObject({ present: false, version: null, demands: [] })
  })

  it.each([
    ['oslo.servic', 'E-REQ-NAME', /did you mean oslo-service/],
    ['../x', 'E-REQ-NAME', /letters, digits/],
  ])('refuses %s and says what to write', (distribution, code, hint) => {
    try {
      ask('nova@2026.1', distribution)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(SvcsplitError)
      expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) })
    }
  })

  it.each([
    'oslo-service',
    'pbr',
    'certifi',
    'nova',
    'eventlet',
    'pymysql',
    'libvirt-python',
  ])('takes at most six facts for %s, none called a dependency', (distribution) => {
    const text = whyText(ask('nova@2026.1', distribution), { ...plain, width: 1000 })
    const facts = text.split('\n').slice(2, -3)
    expect(facts.length).toBeLessThanOrEqual(6)
    expect(text).not.toMatch(/depend/i)
  })

  it('is JSON with every demand and chain', () => {
    const json = JSON.parse(whyJson(ask('nova@2026.1', 'oslo-service', { host: '2025.1' }))) as object
    expect(json).toMatchObject({
      distribution: 'oslo-service',
      present: true,
      version: '4.1.2',
      constraint: { version: '4.1.2', at: { path: 'constraints/2025.1.txt', line: expect.any(Number) } },
      binding: { decides: 'constraint', lower: { by: 'nova 33.0.2', specifier: '>=4.5.0' }, upper: null },
      chains: { complete: true },
    })
  })
})

describe('the strictest bounds', () => {
  const demand = (by: string, text: string): Demand => {
    const requirement = parseRequirement(text)
    return { by, requirement, specifier: requirement.specifiers.text } as Demand
  }

  it.each([
    [['a x>=1', 'b x>=2.0,!=2.1', 'c x>1.9'], 'b >=2.0', undefined],
    [['a x>=2', 'b x>2'], 'b >2', undefined],
    [['a x<3', 'b x<=2.9'], undefined, 'b <=2.9'],
    [['a x<=3', 'b x<3'], undefined, 'b <3'],
    [['a x~=1.4.2', 'b x<2'], 'a ~=1.4.2', 'a ~=1.4.2'],
    [['a x~=1.4', 'b x<1.9'], 'a ~=1.4', 'b <1.9'],
    [['a x==1.4.*', 'b x>=1.4'], 'a ==1.4.*', 'a ==1.4.*'],
    [['a x==1.4', 'b x>=1.4'], 'a ==1.4', 'a ==1.4'],
    [['a x!=1.4', 'b x'], undefined, undefined],
  ])('of %j', (lines, lower, upper) => {
    const bounds = strictest(
      lines.map((line) => demand(line.split(' ')[0]!, line.split(' ').slice(1).join(' '))),
    )
    const told = (bound: typeof bounds.lower) => bound && `${bound.demand.by} ${bound.specifier}`
    expect([told(bounds.lower), told(bounds.upper)]).toEqual([lower, upper])
  })
})
