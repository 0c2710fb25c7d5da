import { beforeAll, describe, expect, it } from 'vitest'
import { compose } from '#export/compose.js'
import { quadlet } from '#export/quadlet.js'
import type { Plan } from '#upgrade/plan.js'
import { smallPlan } from './plan-fixture.js'

let made: Plan
beforeAll(async () => {
  const plan = await smallPlan()
  // A container of a process that the new release has no longer.
  const services = plan.services.map((service) => {
    const [first] = service.containers
    const { after: _, ...old } = { ...first!, name: `${service.service}-gone` }
    return { ...service, containers: [...service.containers, old] }
  })
  made = { ...plan, services }
}, 120_000)

describe('A service that is upgraded cold', () => {
  it.each([
    ['compose', compose, /compose -f compose\.yaml stop .*heat-engine/, /^podman stop --time 60 heat-gone/],
    ['quadlet', quadlet, /^systemctl stop heat-engine\.service/, /^systemctl stop heat-gone\.service/],
  ] as const)('is stopped by %s before its database is dumped and its schema changed', (_, engine, stop, gone) => {
    const lines = engine(made)
      .find(({ path }) => path === 'upgrade/run.sh')!
      .text.split('\n')
    const at = (form: RegExp) => lines.findIndex((line) => form.test(line))
    const [stopped, ended] = [at(stop), at(gone)]
    const [dumped, changed] = [at(/mariadb-dump.*heat/), at(/heat-expand-1|heat-manage db_sync/)]
    expect(Math.min(stopped, ended, dumped, changed)).toBeGreaterThan(-1)
    expect(Math.max(stopped, ended)).toBeLessThan(Math.min(dumped, changed))
  })
})
