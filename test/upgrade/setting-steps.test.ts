import { describe, expect, it } from 'vitest'
import type { ServiceParts } from '#upgrade/drafts.js'
import { pinSteps, unpinSteps } from '#upgrade/setting-steps.js'

const set = { file: 'nova.conf', section: 'upgrade_levels', option: 'compute', value: '{from}' }
const step = { title: 'pin', stage: 'pin', set, lifted: true, answers: [] } as const
const container = (name: string, volumes: readonly string[], host?: string) => ({
  ...{ name, process: name, environment: {}, volumes },
  ...(host === undefined ? {} : { host }),
})
const partsOf = (containers: readonly ReturnType<typeof container>[]): ServiceParts =>
  ({
    running: { service: 'nova' },
    upgrade: { steps: [step] },
    from: '2025.1',
    containers,
  }) as unknown as ServiceParts
const commandsOf = (containers: readonly ReturnType<typeof container>[]) =>
  pinSteps(partsOf(containers), set, step).map(({ host, commands }) => [host, commands])
const line = (path: string) => `crudini --set ${path} upgrade_levels compute 2025.1`

describe('An option that holds for the time of two releases', () => {
  it('is set once where all containers read one file', () => {
    const folder = ['/srv/nova:/etc/nova:ro']
    expect(commandsOf([container('api', folder), container('conductor', folder)])).toEqual([
      [undefined, [line('/srv/nova/nova.conf')]],
    ])
  })

  it('is set in the file that is the volume, and in every one of them', () => {
    const one = container('api', ['/srv/api.conf:/etc/nova/nova.conf:ro', '/srv/nova:/etc/nova'])
    const other = container('conductor', ['/srv/conductor.conf:/etc/nova/nova.conf'])
    expect(commandsOf([one, other])).toEqual([
      [undefined, [line('/srv/api.conf'), line('/srv/conductor.conf')]],
    ])
  })

  it('is set on each machine, and unset there', () => {
    const containers = [container('a', [], 'a'), container('b', [], 'b'), container('c', [], 'a')]
    expect(commandsOf(containers)).toEqual([
      ['a', [line('/etc/nova/nova.conf')]],
      ['b', [line('/etc/nova/nova.conf')]],
    ])
    const unset = ['crudini --del /etc/nova/nova.conf upgrade_levels compute']
    expect(unpinSteps(partsOf(containers)).map(({ host, commands }) => [host, commands])).toEqual([
      ['a', unset],
      ['b', unset],
    ])
  })
})
