import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from '#export/engines.js'
import type { Plan } from '#upgrade/plan.js'
import { plan } from '#verbs/plan.js'

/** Replicas behind HAProxy, replaced by an engine that knows nothing of it. */
describe('a script of an export', () => {
  let made: Plan
  beforeAll(async () => {
    const fleet = 'fixtures/fleet/two-replicas.yaml'
    made = await plan({ targets: ['keystone@2025.2'], fleet, glibc: '2.36', offline: true })
  }, 60_000)

  it.each([
    ['compose', 'upgrade', 'up -d --no-deps keystone-1'],
    ['compose', 'fallback', 'up -d --no-deps keystone-1'],
    ['quadlet', 'upgrade', 'systemctl restart keystone-1.service'],
    ['quadlet', 'fallback', 'systemctl restart keystone-1.service'],
  ] as const)('drains each replica before it is replaced, and waits until it serves (%s, %s)', (engine, way, act) => {
    const { text } = engines[engine](made).find(({ path }) => path === `${way}/run.sh`)!
    const order = [
      'set server keystone/k1 state drain',
      act,
      'set server keystone/k1 state ready',
      'set server keystone/k2 state drain',
    ]
    const places = order.map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((one, other) => one - other))
  })
})
