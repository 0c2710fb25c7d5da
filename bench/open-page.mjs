/**
 * Opens a page in Chromium a number of times, each in a fresh tab without cache, and prints as JSON how long it took
 * from asking for the file until the element was there and two frames were drawn, and how many elements it then had.
 *
 * usage: open-page.mjs FILE SELECTOR TIMES
 */
import { chromium } from 'playwright-core'
import { median } from './compete.mjs'

const [file = '', selector = 'body', times = '1'] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-sync',
  ],
})
try {
  const opened = []
  let elements = 0
  for (let time = 0; time < Number(times); time += 1) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } })
    const page = await context.newPage()
    await page.goto(`file://${file}`)
    await page.waitForSelector(selector)
    // Since the navigation began, by the browser's own clock.
    const drawn = await page.evaluate(
      () =>
        new Promise((done) =>
          requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))),
        ),
    )
    opened.push(Number(drawn))
    elements = await page.evaluate(() => document.querySelectorAll('*').length)
    await context.close()
  }
  console.log(JSON.stringify({ milliseconds: Math.round(median(opened)), elements }))
} finally {
  await browser.close()
}
