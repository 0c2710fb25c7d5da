/**
 * Takes docs/pictures/report.png: the first screen of the HTML report of the whole shipped fleet, in Chromium.
 * `npm run pictures` remakes it. Browsers draw letters in their own ways, so no test holds the picture.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'svcsplit-report-'))
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
})
try {
  const file = join(folder, 'report.html')
  execFileSync(process.execPath, [`${root}dist/cli/svcsplit.cjs`, 'analyze', '-o', `html=${file}`])
  const page = await browser.newPage({ viewport: { width: 1080, height: 1010 }, colorScheme: 'light' })
  await page.goto(`file://${file}`)
  await page.waitForSelector('.heat')
  await page.screenshot({ path: process.argv[2] ?? `${root}docs/pictures/report.png` })
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
