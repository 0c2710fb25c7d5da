import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planPage } from '#report/html/plan-page.js'
import { type Plan, stepsOf } from '#upgrade/plan.js'
import { smallPlan } from '../export/plan-fixture.js'
import { accessFaults, unreadableTexts } from '../support/accessibility.js'
import { openBrowser, type Visit, visit } from '../support/browser.js'
import { needs } from '../support/tools.js'

const bundled = fileURLToPath(new URL('../../dist/report/html/page/', import.meta.url))
const { missing, title } = needs('chromium')

/** The same plan where every text that is shown is this one. */
function renamed(plan: Plan, text: string): Plan {
  const known = new Set(['kind', 'phase', 'do', 'hop', 'restart'])
  const inside = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return known.has(key) ? value : text
    if (Array.isArray(value)) return value.slice(0, 2).map((one) => inside(one, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one, name)]))
  }
  return inside(plan, '') as Plan
}

describe.skipIf(missing)(title('the run book in a real browser'), () => {
  let browser: Browser
  let folder: string
  let file: string
  let plan: Plan
  let shell: { script: string; style: string }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'svcsplit-run-book-'))
    file = join(folder, 'plan.html')
    plan = await smallPlan()
    shell = {
      script: readFileSync(join(bundled, 'main.js'), 'utf8'),
      style: readFileSync(join(bundled, 'style.css'), 'utf8'),
    }
    writeFileSync(file, planPage(plan, new Map([[stepsOf(plan.services[0]!)[0]!.id, 'done']]), shell))
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open<T>(
    at: string,
    hash: string,
    use: (seen: Visit) => Promise<T>,
    options: Parameters<typeof visit>[3] = {},
  ): Promise<T> {
    const seen = await visit(browser, at, hash, options)
    try {
      return await use(seen)
    } finally {
      await seen.close()
    }
  }

  it('keeps what is ticked in the address, begins at what is recorded, and leads to the next step', async () => {
    const steps = plan.services.flatMap(stepsOf)
    await open(file, '', async ({ page, requests, complaints }) => {
      expect(await page.locator('h1').textContent()).toContain('keystone, glance, heat: 3 windows')
      expect(await page.getByRole('status').textContent()).toBe(`1 of ${steps.length} steps`)
      await page.keyboard.press('n')
      expect(await page.evaluate(() => document.activeElement?.closest('.step')?.id)).toBe('step-1')
      await page.keyboard.press('Space')
      await page.locator('#step-1.ticked').waitFor()
      expect(page.url()).toContain('#/?done=0-1')
      expect(await page.locator('#step-1 .body').count()).toBe(0)
      const link = page.url()
      await open(file, link.slice(link.indexOf('#')), async (again) => {
        expect(await again.page.locator('.step.ticked').count()).toBe(2)
      })
      await page.locator('#step-0 input').click()
      await page.locator('#step-1 input').click()
      await page.locator('#step-1 .body').waitFor()
      expect(page.url()).toContain('#/?done=none')
      expect(requests).toEqual([`file://${file}`])
      expect(complaints).toEqual([])
    })
  })

  it.each([
    true,
    false,
  ])('copies a command from a page on disk (clipboard allowed: %s)', async (isAllowed) => {
    await open(file, '#/?done=0', async ({ page }) => {
      if (!isAllowed)
        await page.evaluate(() => {
          Object.defineProperty(navigator, 'clipboard', { value: undefined })
        })
      const command = page.locator('#step-1 .command').first()
      await page.evaluate(() => {
        document.addEventListener('copy', () => {
          document.title = String(window.getSelection())
        })
      })
      await page.locator('#step-1 input').focus()
      await page.keyboard.press('c')
      await page.locator('#step-1 .copy').getByText('copied').waitFor()
      if (!isAllowed) expect(await page.title()).toBe(await command.textContent())
      expect(await command.textContent()).toBe(plan.services.flatMap(stepsOf)[1]!.commands[0])
    })
  })

  it('marks each point of no return before its step, and says what stays untouched', async () => {
    const finals = plan.services.flatMap(stepsOf).filter(({ final }) => final !== undefined)
    await open(file, '', async ({ page }) => {
      expect(await page.locator('.step.final .id').allTextContents()).toEqual(finals.map(({ id }) => id))
      for (const text of await page.locator('.no-return').allTextContents())
        expect(text).toMatch(/^Point of no return: /)
      expect(await page.locator('.untouched tbody th').allTextContents()).toEqual(
        plan.untouched.map(({ service }) => service),
      )
    })
  })

  it.each([
    'light',
    'dark',
  ] as const)('can be read in the %s theme and by those who do not see it', async (colorScheme) => {
    await open(
      file,
      '#/?done=0-4',
      async ({ page }) => {
        expect(await page.evaluate(unreadableTexts)).toEqual([])
        expect(await page.evaluate(accessFaults)).toEqual([])
      },
      { colorScheme },
    )
  })

  it('fits a narrow window, and prints every command without controls', async () => {
    const commands = plan.services
      .flatMap((service) => [...stepsOf(service), ...service.restore])
      .reduce((sum, step) => sum + step.commands.length, 0)
    await open(
      file,
      '#/?done=0-4',
      async ({ page }) => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(380)
        await page.emulateMedia({ media: 'print' })
        await page.locator('#step-0 .body').waitFor()
        expect(await page.locator('.body > .line .command').filter({ visible: true }).count()).toBe(commands)
        expect(await page.locator('.copy').filter({ visible: true }).count()).toBe(0)
      },
      { viewport: { width: 380, height: 800 } },
    )
  })

  it.each([
    '</script><script>window.pwned=1</script>',
    '<img src=x onerror=window.pwned=1>',
    '\u202eevil\u2066',
    '__proto__',
  ])('shows %j as the text that it is', async (text) => {
    const hostile = join(folder, 'hostile.html')
    writeFileSync(hostile, planPage(renamed(plan, text), new Map(), shell))
    await open(hostile, '', async ({ page, requests, complaints }) => {
      expect(await page.evaluate('window.pwned')).toBeUndefined()
      expect(await page.locator('img, iframe, object, main script').count()).toBe(0)
      expect(await page.locator('.command').count()).toBeGreaterThan(5)
      expect(await page.evaluate(() => document.body.textContent)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
      expect(requests).toEqual([`file://${hostile}`])
      expect(complaints).toEqual([])
    })
  })
})
