import type { Plan } from '#upgrade/plan.js'
import { plan } from '#verbs/plan.js'

/** A plan of the shipped data: two services with containers of their own, and one that is upgraded cold. */
export async function smallPlan(): Promise<Plan> {
  return plan({
    targets: ['keystone@2025.2', 'glance@2025.2', 'heat@2025.2'],
    from: '2025.1',
    images: 'registry.example/cloud/{service}:{release}',
    glibc: '2.36',
    offline: true,
  })
}

/** The same plan with text from a fleet file that every syntax would trip over. */
export function hostile(plan: Plan, text: string): Plan {
  const services = plan.services.map((service) => ({
    ...service,
    containers: service.containers.map((container) => ({
      ...container,
      ...(container.after === undefined ? {} : { after: [...container.after, text] }),
      ...(container.before === undefined ? {} : { before: [...container.before, text] }),
      environment: { ...container.environment, VALUE: text },
    })),
  }))
  return { ...plan, services }
}
