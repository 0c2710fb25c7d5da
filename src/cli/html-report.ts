import { fileURLToPath } from 'node:url'
import { readText } from '#io/files.js'
import { analysisPage } from '#report/html/analysis-page.js'
import type { Shell } from '#report/html/page-file.js'
import { analysisDocument } from '#report/json.js'
import type { Analysis } from '#verbs/analyze.js'

/** The browser's part of every report, as `npm run build` bundles it beside this program. */
export async function readShell(): Promise<Shell> {
  const at = (name: string): string => fileURLToPath(new URL(`../report/html/page/${name}`, import.meta.url))
  const [script, style] = await Promise.all([readText(at('main.js')), readText(at('style.css'))])
  return { script, style }
}

/** Writes the page of a result. */
export async function analysisHtml(): Promise<(result: Analysis) => string> {
  const shell = await readShell()
  return (result) => analysisPage(analysisDocument(result), shell)
}
