import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needed } from '../../proof/needed.mjs'
import { type Figures, figuresOf } from '../../proof/report/figures.mjs'
import { needs } from '../support/tools.js'

/**
 * The short form of `npm run proof`: keystone goes up a release while a client asks, by the commands of the plan;
 * its first new replica is killed, then it goes forward, back, and forward again.
 */
const tools = needs(...needed)
const root = process.getuid?.() === 0

describe.skipIf(tools.missing || !root)(tools.title('keystone under load'), () => {
  const out = mkdtempSync(join(tmpdir(), 'svcsplit-proof-results-'))
  let figures: Figures
  beforeAll(() => {
    const script = fileURLToPath(new URL('../../proof/run.mjs', import.meta.url))
    const run = spawnSync(process.execPath, [script, '--short', '--out', out], {
      encoding: 'utf8',
      timeout: 1_500_000,
    })
    expect([run.status, run.stdout + run.stderr]).toEqual([0, expect.stringContaining('done')])
    figures = figuresOf(out)
  }, 1_600_000)
  afterAll(() => rmSync(out, { recursive: true, force: true }))

  it('answers every request while it is upgraded, taken back, and upgraded again', () => {
    const calm = figures.acts.filter(({ fault }) => fault === undefined)
    expect(calm).toHaveLength(1)
    expect(calm[0]!.answers.count).toBeGreaterThan(100)
    const bad = figures.requests.filter(
      ({ at, fine }) => !fine && calm.some((act) => act.at <= at && at <= act.end),
    )
    expect(bad).toEqual([])
    for (const { id, status } of calm[0]!.steps) expect([id, status]).toEqual([id, 0])
  })

  it('stops where the new replica was killed, and the old release goes on', () => {
    const [act] = figures.acts.filter(({ fault }) => fault === 'kill')
    expect(act!.failed).toBe('keystone/before-keystone-2')
    // The killed one may have had a request: no more than its processes can have had at once.
    expect(act!.answers.failed).toBeLessThanOrEqual(2)
  })

  it('is all old within ten seconds of the decision', () => {
    const backs = figures.acts.flatMap((act) => act.backs)
    expect(backs).toHaveLength(2)
    for (const seconds of backs) expect(seconds).toBeLessThan(10)
  })

  it('served from both releases, and in the end from the new one alone', () => {
    const served = figures.samples.map(({ images, proxy }) => [
      ...new Set(
        Object.entries(images)
          .filter(([name]) => (proxy[`keystone/k${name.slice(-1)}`] ?? '').startsWith('UP'))
          .map(([, image]) => figures.releases.get(image)),
      ),
    ])
    expect(served[0]).toEqual(['2025.1'])
    expect(served.at(-1)).toEqual(['2025.2'])
    // At no moment nobody.
    expect(served.filter((releases) => releases.length === 0)).toEqual([])
  })

  it('is told as text and as a page that loads nothing', () => {
    expect(readFileSync(join(out, 'report.txt'), 'utf8')).toContain(`${figures.requests.length} requests`)
    const page = readFileSync(join(out, 'report.html'), 'utf8')
    expect(page).toContain('<svg ')
    expect(page).not.toMatch(/<script|(?:src|href)=/)
  })
})
