import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { figuresOf } from '../../proof/report/figures.mjs'
import { htmlReport } from '../../proof/report/html.mjs'
import { textReport } from '../../proof/report/text.mjs'

const out = mkdtempSync(join(tmpdir(), 'svcsplit-report-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

const libraries = (sum: string) => [{ container: 'glance-1', sha256: sum, started: 'noon' }]
const act = (more: object) => ({
  ...{ kind: 'act', at: 1, end: 9, service: 'keystone', from: '2025.1', to: '2025.2', title: 'keystone' },
  ...{ backs: [3], before: [], after: [], ...more },
})
function figures(acts: readonly object[]) {
  const request = { kind: 'request', at: 2, seconds: 0.1, method: 'GET', path: '/v3', service: 'keystone' }
  const lines = (some: readonly object[]) => some.map((one) => `${JSON.stringify(one)}\n`).join('')
  writeFileSync(join(out, 'requests.jsonl'), lines([{ ...request, status: 200, fine: true }]))
  writeFileSync(join(out, 'events.jsonl'), lines(acts))
  return figuresOf(out)
}

describe('The report of a proof', () => {
  it('tells libraries of the others once where they stayed', () => {
    const made = figures([act({ before: libraries('aaaa'), after: libraries('aaaa') })])
    expect(htmlReport(made, 'x')).toContain('before and after alike')
    expect(textReport(made)).toContain('the same bytes before and after')
  })

  it('shows both sums where they changed, and says nowhere that they are alike', () => {
    const made = figures([act({ before: libraries('aaaa'), after: libraries('bbbb') })])
    const page = htmlReport(made, 'x')
    expect(page).toContain('aaaa')
    expect(page).toContain('bbbb')
    expect(page).not.toContain('alike')
    expect(textReport(made)).toContain('libraries that changed: keystone')
  })

  it('says nothing of libraries that nobody has looked at', () => {
    const made = figures([act({})])
    expect(textReport(made)).not.toContain('libraries of the services that did not move')
  })

  it('tells ways back by how the replicas were replaced, and those of faults by themselves', () => {
    const text = textReport(
      figures([
        act({}),
        act({ inPlace: true, backs: [30, 20] }),
        act({ fault: 'kill', failed: 'x', backs: [2] }),
      ]),
    )
    expect(text).toContain('until all replicas are old: 3.0 s at most of 1')
    expect(text).toContain('in their places: 30 s at most of 2')
    expect(text).toContain(
      'faults that stopped the plan: 1, and its way back brought the old release back in 2.0 s',
    )
  })
})
