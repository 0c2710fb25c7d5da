import { describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import type { Edge } from '#inputs/upgrade-steps.js'
import { hopOf } from '#upgrade/hops.js'
import { checkStaying, orderOf } from '#upgrade/order.js'

const { releases } = loadFleet()

describe('a hop', () => {
  it.each([
    ['slurp', '2025.1', '2025.2', 'adjacent'],
    ['slurp', '2025.1', '2026.1', 'slurp'],
    ['slurp', '2023.1', '2024.1', 'slurp'],
    ['adjacent', '2025.2', '2026.1', 'adjacent'],
  ] as const)('of a service with %s hops goes from %s to %s', (hops, from, to, expected) => {
    expect(hopOf(releases, 'x', { hops }, from, to)).toBe(expected)
  })

  it.each([
    ['slurp', '2025.1', '2025.1', 'at 2025.1 already', 'another release'],
    ['slurp', '2026.1', '2025.1', 'takes its schema back', 'dump'],
    ['slurp', '2024.2', '2026.1', 'at once', 'go by 2025.1: svcsplit plan x@2025.1 first'],
    ['slurp', '2023.1', '2026.1', 'at once', 'go by 2024.1, then 2025.1'],
    ['adjacent', '2025.1', '2026.1', 'one release at a time', 'go by 2025.2: '],
  ] as const)('of a service with %s hops from %s to %s is refused with the way out', (hops, from, to, what, hint) => {
    const refused = () => hopOf(releases, 'x', { hops }, from, to)
    expect(refused).toThrowError(expect.objectContaining({ code: 'E-PLN-HOP' }))
    expect(refused).toThrowError(what)
    expect(refused).toThrowError(expect.objectContaining({ hint: expect.stringContaining(hint) }))
  })
})

const edge = (after: string, kind: Edge['kind'], atLeast?: string): Edge => ({
  after,
  kind,
  source: 'test',
  ...(atLeast === undefined ? {} : { atLeast }),
})

describe('the order of services', () => {
  const orderBy = (services: readonly string[], edges: Record<string, readonly Edge[]>) =>
    orderOf(services, (service) => edges[service] ?? []).map(({ service }) => service)

  it('keeps required edges, recommended ones where they can be kept, then the alphabet', () => {
    expect(orderBy(['nova', 'placement', 'glance'], { nova: [edge('placement', 'required')] })).toEqual([
      'glance',
      'placement',
      'nova',
    ])
    const circle = { a: [edge('b', 'recommended')], b: [edge('a', 'required')] }
    expect(orderBy(['a', 'b'], circle)).toEqual(['a', 'b'])
    expect(orderBy(['a', 'b', 'c'], { a: [edge('c', 'recommended')] })).toEqual(['b', 'c', 'a'])
  })

  it('does not wait for services that stay', () => {
    expect(orderBy(['nova'], { nova: [edge('placement', 'required')] })).toEqual(['nova'])
  })

  it('names a circle of required edges', () => {
    const circle = { a: [edge('b', 'required')], b: [edge('c', 'required')], c: [edge('a', 'required')] }
    expect(() => orderBy(['a', 'b', 'c'], circle)).toThrowError('a waits for b waits for c waits for a')
  })

  it('is that of the operators for the fifteen services', () => {
    const fleet = loadFleet()
    const services = [...fleet.releases.list.at(-1)!.services.keys()]
    const order = orderOf(services, (service) => fleet.upgrade(service).edges).map(({ service }) => service)
    const place = (service: string) => order.indexOf(service)
    expect(order).toHaveLength(15)
    for (const [one, other] of [
      ['keystone', 'glance'],
      ['glance', 'cinder'],
      ['placement', 'nova'],
      ['ironic', 'nova'],
      ['nova', 'neutron'],
      ['neutron', 'octavia'],
    ] as const)
      expect([one, place(one) < place(other)]).toEqual([one, true])
  })
})

describe('a service that stays', () => {
  const edges = [edge('placement', 'required', '2025.1')]

  it('may stay where it is new enough, and its absence is told', () => {
    const told = (running: Record<string, string>) =>
      checkStaying('nova', '2026.1', edges, new Map(Object.entries(running)), new Set())
    expect(told({ placement: '2025.1' })).toEqual([
      'placement may stay at 2025.1: nova@2026.1 wants 2025.1 at least',
    ])
    expect(told({})[0]).toContain('placement is not in the fleet file')
  })

  it('is refused where it is too old', () => {
    expect(() =>
      checkStaying('nova', '2026.1', edges, new Map([['placement', '2024.2']]), new Set()),
    ).toThrowError('placement at 2025.1 at least, and it runs 2024.2')
  })
})
