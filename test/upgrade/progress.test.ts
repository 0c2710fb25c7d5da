import { beforeAll, describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { type Plan, stepsOf } from '#upgrade/plan.js'
import { beginning, mark, type Progress, remaining, taken, wayBack } from '#upgrade/progress.js'
import { parseProgress } from '#upgrade/progress-file.js'
import { plan } from '#verbs/plan.js'

const services = [...loadFleet().releases.list.at(-1)!.services.keys()]
let all: Plan
beforeAll(async () => {
  const targets = services.map((service) => `${service}@2025.2`)
  all = await plan({ targets, from: '2025.1', glibc: '2.36', offline: true })
}, 120_000)

const unmarked = (progress: Progress, service: string) =>
  remaining(progress).filter((step) => step.service === service && step.optional === undefined)

/** Marks steps of a service as done until one is reached; none of the optional ones. */
function upTo(service: string, end: (id: string) => boolean): Progress {
  let progress = beginning(all)
  for (const step of unmarked(progress, service)) {
    if (end(step.id)) break
    progress = mark(progress, step.id, 'done')
  }
  return progress
}

describe('a plan of all fifteen services', () => {
  it('leaves nothing unknown', () => {
    expect(all.services).toHaveLength(15)
    for (const service of all.services) {
      expect([service.service, service.containers.length > 0]).toEqual([service.service, true])
      for (const container of service.containers)
        expect([container.name, container.before ?? container.after]).not.toEqual([container.name, []])
      expect(service.sources.length).toBeGreaterThan(0)
      for (const step of [...stepsOf(service), ...service.restore]) {
        expect([step.id, step.commands.length > 0, step.limit >= step.seconds]).toEqual([step.id, true, true])
        expect(step.commands.join('\n')).not.toMatch(/undefined|\{each\}|\{from\}|\{service\}|\{release\}/)
      }
    }
    const ids = all.services.flatMap((service) => stepsOf(service).map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('touches what runs in windows alone, and can be undone up to the point of no return', () => {
    for (const { ahead, window } of all.services) {
      for (const step of ahead) expect([step.id, step.undo.commands]).toEqual([step.id, []])
      const final = window.findIndex((step) => step.final !== undefined)
      for (const step of final < 0 ? window : window.slice(0, final))
        if (['restart', 'stop'].includes(step.phase))
          expect([step.id, step.undo.commands.length > 0]).toEqual([step.id, true])
    }
  })

  it('dumps the database of whoever has one before its schema changes', () => {
    for (const service of all.services) {
      const steps = stepsOf(service)
      const dump = steps.findIndex(({ phase }) => phase === 'backup')
      const change = steps.findIndex(({ final }) => final !== undefined)
      if (change >= 0) expect([service.service, dump >= 0 && dump < change]).toEqual([service.service, true])
    }
  })
})

describe('the way back', () => {
  it('undoes what was begun, in reverse, by the old image alone', () => {
    const progress = upTo('keystone', (id) => id.includes('verify'))
    const back = wayBack(progress)
    expect(back).toMatchObject({ service: 'keystone', by: 'undo', from: '2025.2', to: '2025.1' })
    expect(back.steps.map(({ id }) => id)).toEqual(['keystone/restart-keystone/undo'])
    const text = back.steps.flatMap(({ commands }) => commands).join('\n')
    expect(text).toContain('localhost/keystone:2025.1')
    expect(text).not.toContain('2025.2')
    expect(text).not.toMatch(/ pull | build /)
  })

  it('is empty while nothing that runs was touched', () => {
    expect(wayBack(upTo('glance', (id) => id.includes('expand'))).steps).toEqual([])
  })

  it.each(services)('of %s is refused from its point of no return on, with the way out', (service) => {
    const final = stepsOf(all.services.find((one) => one.service === service)!).find((step) => step.final)
    if (final === undefined) return
    const before = upTo(service, (id) => id === final.id)
    expect(wayBack(before, { service }).by).toBe('undo')
    const skipped = final.optional === undefined ? before : upTo(service, () => false)
    const after = mark(skipped, final.id, 'failed')
    expect(() => wayBack(after, { service })).toThrowError(expect.objectContaining({ code: 'E-PLN-RETURN' }))
    const restored = wayBack(after, { service, restore: true })
    expect(restored.by).toBe('restore')
    expect(restored.steps.map(({ phase }) => phase)).toEqual(['stop', 'restore', 'restart'])
  })

  it('of a service that is stopped puts its dump aside, which takes no time, and starts it again', () => {
    const final = stepsOf(all.services.find(({ service }) => service === 'heat')!).find((step) => step.final)!
    const { steps } = wayBack(upTo('heat', (id) => id === final.id))
    const at = steps.findIndex(({ phase }) => phase === 'backup')
    expect(steps[at]).toMatchObject({ id: 'heat/backup-1/undo', seconds: 1 })
    expect(steps[at]!.commands.join()).toContain('.sql.aside')
    expect(steps.slice(at + 1).map(({ phase }) => phase)).toEqual(['stop'])
  })

  it('can be recorded, and the window comes again', () => {
    const progress = taken(
      upTo('keystone', (id) => id.includes('verify')),
      'keystone',
    )
    expect(unmarked(progress, 'keystone')[0]!.id).toBe('keystone/expand-1')
  })
})

describe('a record of progress', () => {
  it('reads back as it was written', () => {
    const progress = upTo('nova', (id) => id.includes('restart'))
    expect(parseProgress(JSON.stringify(progress), 'p.json')).toEqual(JSON.parse(JSON.stringify(progress)))
  })

  it.each([
    ['not JSON', () => '{'],
    ['another format', () => '{"format":"x"}'],
    ['no plan', () => '{"format":"svcsplit progress 1","steps":[]}'],
    [
      'a step that the plan has not',
      () => JSON.stringify({ ...beginning(all), steps: [{ step: 'x', result: 'done' }] }),
    ],
    ['a step without a time', () => JSON.stringify(beginning(all)).replace(/"seconds":\d+,/, '')],
    [
      'an answer that means nothing',
      () => JSON.stringify(beginning(all)).replace('"do":"go on"', '"do":"?"'),
    ],
    [
      'a command with a hidden line',
      () => JSON.stringify(beginning(all)).replace('timeout 600', 'id\\ntimeout 600'),
    ],
    [
      'a container whose port is none',
      () => JSON.stringify(beginning(all)).replace(/"port":\d+,/, '"port":"x",'),
    ],
  ])('with %s is refused', (_, text) => {
    expect(() => parseProgress(text(), 'p.json')).toThrowError(
      expect.objectContaining({ code: 'E-PLN-STATE', at: { path: 'p.json' } }),
    )
  })
})
