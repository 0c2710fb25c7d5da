import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analysisPage } from '#report/html/analysis-page.js'
import { formatHash, parseHash } from '#report/html/page/hash.js'
import type { ResultDocument } from '#report/html/result-document.js'
import { accessFaults, unreadableTexts } from '../support/accessibility.js'
import { openBrowser, type Visit, visit } from '../support/browser.js'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const bundled = fileURLToPath(new URL('../../dist/report/html/page/', import.meta.url))

const { missing, title } = needs('chromium')

/** Texts that would do something anywhere but in a text. */
const hostile = [
  '</script><script>window.pwned=1</script>',
  '<img src=x onerror=window.pwned=1>',
  '"><svg/onload=window.pwned=1>',
  'javascript:window.pwned=1',
  '\u202eevil\u2066',
  '{{7*7}}',
  '__proto__',
  '../../etc/passwd',
  '%2e%2e?from=x&to=y#/cell',
]

/** Waits until the page shows what its address says: all that it shows follows from that. */
async function drawn(page: Page): Promise<void> {
  const place = formatHash(parseHash(new URL(page.url()).hash))
  await page
    .locator('main')
    .and(page.locator(`[data-place=${JSON.stringify(place)}]`))
    .waitFor()
}

/** To another place of the same page, as a link would. */
async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((next) => {
    window.location.hash = next
  }, hash)
  await drawn(page)
}

/** The first heading, of the place that the address names. */
async function headline(page: Page): Promise<string | null> {
  await drawn(page)
  return page.locator('h1').textContent()
}

async function names(page: Page): Promise<string[]> {
  await drawn(page)
  return page.locator('.libraries tbody th').allTextContents()
}

describe.skipIf(missing)(title('the HTML report in a real browser'), () => {
  let browser: Browser
  let folder: string
  let fleet: string
  let cell: string
  let result: ResultDocument

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'svcsplit-html-'))
    fleet = join(folder, 'fleet.html')
    cell = join(folder, 'cell.html')
    const run = (...args: string[]) => execFileSync(process.execPath, [main, 'analyze', ...args])
    run('-o', `html=${fleet}`)
    run('nova@2026.1', '--host', '2025.1', '-o', `html=${cell}`, '-o', `json=${join(folder, 'cell.json')}`)
    result = JSON.parse(readFileSync(join(folder, 'cell.json'), 'utf8')) as ResultDocument
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open<T>(
    file: string,
    hash: string,
    use: (seen: Visit) => Promise<T>,
    options: Parameters<typeof visit>[3] = {},
  ): Promise<T> {
    const seen = await visit(browser, file, hash, options)
    try {
      return await use(seen)
    } finally {
      await seen.close()
    }
  }

  it('asks for nothing but itself, complains of nothing and stays small', async () => {
    const shell = ['main.js', 'style.css'].reduce((sum, name) => sum + statSync(join(bundled, name)).size, 0)
    expect(shell).toBeLessThan(150_000)
    expect(statSync(fleet).size).toBeLessThan(1_500_000)
    for (const file of [fleet, cell])
      await open(file, '', async ({ page, requests, complaints }) => {
        expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(5000)
        for (const section of ['libraries', 'images'])
          await page.locator(`#${section}`).scrollIntoViewIfNeeded()
        expect(requests).toEqual([`file://${file}`])
        expect(complaints).toEqual([])
      })
  })

  it('runs no script but its own', async () => {
    await open(fleet, '', async ({ page, complaints }) => {
      await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'window.pwned = 1'
        document.body.append(script)
        document.body.setAttribute('onclick', 'window.pwned = 1')
        document.body.click()
      })
      expect(await page.evaluate('window.pwned')).toBeUndefined()
      expect(complaints.join()).toContain('Content Security Policy')
    })
  })

  it('says first what it comes to, and where the line is', async () => {
    const errors = result.findings.filter(({ level }) => level === 'error').length
    await open(cell, '', async ({ page }) => {
      expect(await headline(page)).toBe(`nova@2026.1 does not fit host 2025.1: ${errors} errors.`)
      const above = await page.evaluate(() =>
        [...document.querySelectorAll('.place')]
          .filter((place) => place.getBoundingClientRect().bottom < window.innerHeight)
          .map((place) => place.textContent),
      )
      expect(above).toContain('constraints/requirements/nova-2026.1.txt:62')
      expect(above).toContain('constraints/2025.1.txt:36')
    })
  })

  it('puts what a gate decided before everything else', async () => {
    const policy = join(folder, 'policy.yaml')
    writeFileSync(
      policy,
      'hosts:\n  - release: "2025.1"\n    services: [nova@2026.1, glance@2026.1]\nwaivers: waivers.yaml\n',
    )
    writeFileSync(
      join(folder, 'waivers.yaml'),
      'waivers:\n  - match: { rule: collision, distribution: os-traits }\n    reason: placement moves too\n    until: 2026-12-20\n    owner: release team\n',
    )
    const file = join(folder, 'gate.html')
    const run = spawnSync(process.execPath, [
      ...[main, 'gate', '--policy', policy, '--now', '2026-12-10', '-o', `html=${file}`],
    ])
    expect(run.status).toBe(1)
    await open(file, '', async ({ page, complaints }) => {
      const first = await page.evaluate(() => document.querySelector('main')?.firstElementChild?.textContent)
      expect(first).toMatch(/^✕ Gate failed \d+ new, 0 known, 1 waived: .*2 collision/)
      expect(first).toContain('waiver ends 2026-12-20')
      await goTo(page, '#/?state=waived')
      expect(await names(page)).toEqual(['os-traits'])
      expect(complaints).toEqual([])
    })
  })

  it('keeps the filter, the order and the map in the address, there and back', async () => {
    await open(fleet, '', async ({ page }) => {
      await page.keyboard.press('/')
      await page.keyboard.type('oslo nova')
      await page.getByLabel('rule').selectOption('collision')
      await page.getByRole('button', { name: 'Library', exact: true }).click()
      await page.getByLabel('Show').selectOption('drift')
      const shown = await names(page)
      expect(shown.length).toBeGreaterThan(2)
      expect(shown).toEqual([...shown].sort())
      for (const name of shown) expect(name).toMatch(/^oslo/)
      const address = page.url()
      expect(address).toContain('#/?q=oslo%20nova&rule=collision&show=drift&sort=library')

      await page.locator('.libraries tbody a').first().click()
      expect(await headline(page)).toBe(shown[0])
      await page.goBack()
      expect(page.url()).toBe(address)
      expect(await names(page)).toEqual(shown)

      await open(fleet, address.slice(address.indexOf('#')), async (again) => {
        expect(await names(again.page)).toEqual(shown)
        expect(await again.page.getByRole('searchbox').inputValue()).toBe('oslo nova')
        expect(await again.page.getByLabel('Show').inputValue()).toBe('drift')
      })
      await page.getByRole('button', { name: 'show all' }).click()
      expect((await names(page)).length).toBe(25)
      await page.getByRole('button', { name: /more librar/ }).click()
      expect((await names(page)).length).toBeGreaterThan(60)
    })
  })

  it('is walked with the keyboard: one stop for the map, arrows inside, Enter and Escape', async () => {
    await open(fleet, '', async ({ page }) => {
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
      const stops: string[] = []
      for (let count = 0; count < 14; count += 1) {
        await page.keyboard.press('Tab')
        stops.push(await page.evaluate(() => document.activeElement!.closest('[role=grid]')?.className ?? ''))
      }
      expect(stops.filter((name) => name.startsWith('heat'))).toHaveLength(1)

      await page.locator('.heat [tabindex="0"]').focus()
      const first = await focused()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
      expect(await focused()).not.toBe(first)
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('Home')
      expect(await focused()).toBe(first)
      await page.keyboard.press('End')
      expect(await focused()).toMatch(/^neutron@2026\.1 on host 2025\.1: \d+ errors$/)
      await page.keyboard.press('Enter')
      await page.waitForFunction(() =>
        document.querySelector('h1')?.textContent?.startsWith('neutron@2026.1'),
      )
      expect(page.url()).toContain('#/cell/neutron/2025.1/2026.1')
      await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
      await page.keyboard.press('Escape')
      await page.waitForSelector('.heat')

      await page.locator('.images [tabindex="0"]').focus()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.locator('.picked').textContent()).toMatch(/libraries of all services.* in barbican, /)
    })
  })

  it.each([
    'light',
    'dark',
  ] as const)('can be read in the %s theme, and by those who do not see it', async (colorScheme) => {
    const places = [
      '#/',
      '#/library/oslo-service?from=2025.1&to=2026.1',
      '#/cell/nova/2025.1/2026.1',
      '#/?show=drift',
      '#/?show=warnings',
    ]
    await open(
      fleet,
      '',
      async ({ page }) => {
        for (const hash of places) {
          await goTo(page, hash)
          expect(await page.evaluate(unreadableTexts)).toEqual([])
          expect(await page.evaluate(accessFaults)).toEqual([])
        }
      },
      { colorScheme },
    )
  })

  it('changes its theme by a button, and a link keeps it', async () => {
    const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await open(fleet, '', async ({ page }) => {
      const light = await background(page)
      await page.getByRole('button', { name: /^Theme: auto/ }).click()
      await page.getByRole('button', { name: /^Theme: light/ }).click()
      await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
      expect(await background(page)).not.toBe(light)
      expect(page.url()).toContain('#/?theme=dark')
    })
  })

  it('prints everything that is folded on a screen, on white, without controls', async () => {
    await open(fleet, '#/?theme=dark', async ({ page }) => {
      const libraries = Number((await page.getByRole('status').first().textContent())!.split(' ')[0])
      expect(await page.locator('article.cause').count()).toBe(3)
      await page.emulateMedia({ media: 'print' })
      await page.waitForFunction(
        (all) => document.querySelectorAll('.libraries tbody tr').length === all,
        libraries,
      )
      expect(await page.locator('article.cause').count()).toBeGreaterThan(5)
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        'rgb(255, 255, 255)',
      )
      for (const control of ['input', 'select', '.theme', '.libraries ~ button'])
        expect(await page.locator(control).filter({ visible: true }).count()).toBe(0)
      await page.emulateMedia({ media: 'screen' })
      await page.waitForFunction(() => document.querySelectorAll('.libraries tbody tr').length === 25)
    })
  })

  it('fits a narrow window: nothing but tables scrolls sideways', async () => {
    await open(
      fleet,
      '',
      async ({ page }) => {
        for (const hash of ['#/', '#/library/oslo-service', '#/cell/nova/2025.1/2026.1']) {
          await goTo(page, hash)
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(380)
        }
      },
      { viewport: { width: 380, height: 800 } },
    )
  })

  it('shows hostile names as the text that they are, on every page', async () => {
    const style = readFileSync(join(bundled, 'style.css'), 'utf8')
    const script = readFileSync(join(bundled, 'main.js'), 'utf8')
    const file = join(folder, 'hostile.html')
    const [finding] = result.findings
    const renamed: ResultDocument = {
      ...result,
      target: { ...result.target, services: hostile.map((name) => ({ name, release: name })) },
      cells: hostile.map((name) => ({ ...result.cells[0]!, service: name, to: name, from: name })),
      findings: hostile.map((name) => ({
        ...finding!,
        id: name,
        rule: name,
        distribution: name,
        host: name,
        demand: {
          service: name,
          release: name,
          by: name,
          specifier: name,
          at: { path: name, line: 1, text: name },
        },
      })),
      rules: [...result.rules, ...hostile],
      held: hostile.map((name) => ({
        ...result.held![0]!,
        host: name,
        distribution: name,
        services: [name],
      })),
      images: { ...result.images!, services: hostile.map((service) => ({ service, layers: [0] })) },
    }
    writeFileSync(file, analysisPage(renamed, { script, style }))
    await open(file, '', async ({ page, requests, complaints }) => {
      const harmless = async (): Promise<void> => {
        expect(await page.evaluate('window.pwned')).toBeUndefined()
        expect(await page.locator('img, iframe, object, main script').count()).toBe(0)
        const text = await page.evaluate(() => document.body.textContent)
        expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
      }
      const shown = hostile.map((name) => name.replace('\u202e', '\\u{202e}').replace('\u2066', '\\u{2066}'))
      expect((await names(page)).sort()).toEqual([...shown].sort())
      for (const name of shown) {
        await harmless()
        await page.locator('.libraries tbody a').getByText(name, { exact: true }).click()
        expect(await headline(page)).toBe(name)
        expect(await page.locator('main svg').count()).toBe(1)
        await harmless()
        await page.locator('.cause tbody a').click()
        expect(await headline(page)).toContain(`${name}@${name}`)
        await harmless()
        await goTo(page, '#/')
      }
      expect(requests).toEqual([`file://${file}`])
      expect(complaints).toEqual([])
    })
  })

  it('says so where a link leads nowhere', async () => {
    await open(fleet, '', async ({ page, complaints }) => {
      for (const hash of [
        '#/cell/nova/1999.1/2026.1',
        '#/nowhere',
        '#/library/no-such-library',
        '#/%E0%A4%A',
      ]) {
        await goTo(page, hash)
        expect(await page.locator('main').textContent()).toMatch(/no such page|No finding of this result/)
      }
      expect(complaints).toEqual([])
    })
  })
})
