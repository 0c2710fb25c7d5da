import { expect, it } from 'vitest'
import { analyze } from '#verbs/analyze.js'
import { knownData } from '#verbs/known-data.js'

const asked = { host: '2025.1', python: '3.11', platform: 'linux/amd64', index: { offline: true } } as const

function told({ cells }: Awaited<ReturnType<typeof analyze>>): ReadonlyMap<string, unknown> {
  return new Map(
    cells.flatMap(({ candidate, radius }) =>
      radius?.kind === 'moves'
        ? [
            [
              candidate.service,
              radius.disturbs?.map(({ refused, ...rest }) => [rest, refused.map(({ id }) => id)]),
            ],
          ]
        : [],
    ),
  )
}

it('Whom a change disturbs is the same whether other services were asked about before or not.', async () => {
  const known = knownData()
  const names = ['ironic', 'neutron', 'nova', 'octavia', 'placement'].map((name) => `${name}@2026.1`)
  const together = told(await analyze({ ...asked, services: names, known }))
  expect(together.size).toBeGreaterThan(2)
  for (const name of names) {
    const alone = told(await analyze({ ...asked, services: [name], known }))
    for (const [service, disturbs] of alone) expect(together.get(service)).toEqual(disturbs)
  }
})
