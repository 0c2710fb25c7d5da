import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { figuresOf } from './figures.mjs'
import { htmlReport } from './html.mjs'
import { textReport } from './text.mjs'
import { timeline } from './timeline.mjs'

/**
 * Writes `report.txt`, `report.html` and `timeline.svg` beside the records of a run.
 * @param {string} out @returns {string} the report as text
 */
export function writeReport(out) {
  const figures = figuresOf(out)
  const text = textReport(figures)
  writeFileSync(join(out, 'report.txt'), text)
  writeFileSync(join(out, 'report.html'), htmlReport(figures, 'Upgraded under load, and back'))
  writeFileSync(join(out, 'timeline.svg'), timeline(figures))
  return text
}
