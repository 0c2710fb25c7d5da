import { marked } from 'marked'
import { describe, expect, it } from 'vitest'
import { analysisPage } from '#report/html/analysis-page.js'
import type { ResultDocument } from '#report/html/result-document.js'
import { analysisDocument } from '#report/json.js'
import { analysisFrom } from '#report/read-json.js'
import { shownResult } from '#report/shown-result.js'
import { parseSaved } from '#verbs/saved-result.js'
import { analysisFormatNames, analysisFormats } from '../../src/cli/analysis-formats.js'
import { hostileResult, payloads } from './hostile.js'

const shownAs = { color: false, width: 100 }

/** The page as it is written, around the script of a build that unit tests do not have. */
const shell = { script: 'void 0', style: 'p{}' }

async function make(format: string, text: string): Promise<string> {
  const result = hostileResult(text)
  if (format !== 'html') return analysisFormats(result)[format]!(shownAs)
  return analysisPage(analysisDocument(shownResult(result)) as ResultDocument, shell)
}

const outputs = new Map<string, string>()

/** The result with this text everywhere, in one format; each is made once. */
async function written(format: string, text: string): Promise<string> {
  const key = `${format} ${text}`
  const known = outputs.get(key) ?? (await make(format, text))
  outputs.set(key, known)
  return known
}

/** What no output may hold, whatever its format: nothing acts on a terminal, turns text or breaks a line. */
function unsafe(output: string): string | undefined {
  return /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.exec(output)?.[0]
}

/** Lines that the runner of a CI system would take for a command. */
function commands(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => /^\s*::[a-z-]+( [^:]*)?::/i.test(line) || /##(?:vso|teamcity)?\[/.test(line))
}

const isJson = ['json', 'sarif', 'gitlab', 'zuul']

describe('two hundred hostile texts', () => {
  it('are two hundred', () => {
    expect(payloads.filter((text, index) => payloads.indexOf(text) !== index)).toEqual([])
    expect(payloads.length).toBe(200)
  })

  it.each(analysisFormatNames)('do nothing to a terminal or a CI system in %s', async (format) => {
    const found: unknown[] = []
    for (const text of payloads) {
      const output = await written(format, text)
      const told = commands(output).filter(
        (line) => format !== 'github' || !/^::(error|warning) (file=|title=)/.test(line),
      )
      if (unsafe(output) !== undefined || told.length > 0) found.push({ text, unsafe: unsafe(output), told })
    }
    expect(found).toEqual([])
  })

  it('give no more annotations than there are findings', async () => {
    const plain = commands(await written('github', 'plain')).length
    for (const text of payloads) expect(commands(await written('github', text)).length, text).toBe(plain)
  })

  it.each(isJson)('are whole again when the JSON of %s is parsed', async (format) => {
    for (const text of payloads) JSON.parse(await written(format, text))
  })

  it('come back from a saved result as they were', async () => {
    for (const text of payloads) {
      const json = await written('json', text)
      const saved = await parseSaved(json, 'saved.json')
      const read = analysisFormats(analysisFrom(saved.kind === 'analysis' && saved.document))
      expect(await read.json!(shownAs), text).toBe(json)
    }
  })

  it('are text and no tags in JUnit', async () => {
    const tag =
      /<\/?(?:testsuites|testsuite|testcase|failure|skipped|error|system-out)(?: [a-z]+="[^"<>]*")*\/?>/g
    for (const text of payloads) {
      const body = (await written('junit', text)).replace('<?xml version="1.0" encoding="UTF-8"?>', '')
      const left = body.replace(tag, '')
      expect(left, text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|apos);)|[\ufffe\uffff]/)
    }
  })

  it('are text in Markdown: no link, image, heading, emphasis, mention or HTML comes of them', async () => {
    const allowed = /^\/?(?:h2|h3|ul|li|p|strong|table|thead|tbody|tr|th|td|code|details|summary)$/
    const shape = (html: string) => [...html.matchAll(/<(\/?[a-z0-9]+)[^>]*>/gi)].map(([, tag]) => tag!)
    const html = async (text: string) => marked.parse(await written('markdown', text), { gfm: true })
    const plain = shape(await html('plain'))
    for (const text of payloads) {
      const tags = shape(await html(text))
      expect(
        tags.filter((tag) => !allowed.test(tag)),
        text,
      ).toEqual([])
      // An empty text leaves an empty cell; any other one leaves the document with the shape that it has.
      if (text.trim() !== '') expect(tags, text).toEqual(plain)
      const outside = (await written('markdown', text)).replace(/(`+)[^`](?:.*?[^`])?\1(?!`)/g, '')
      expect(outside, text).not.toMatch(/@|:\/\/|www\.|<(?!\/?(?:details|summary)>)/)
    }
  })

  it('are text in HTML: a page has the elements that it has without them', async () => {
    const elements = (page: string) =>
      [...page.matchAll(/<(script|style|img|svg|a|iframe|b|link|meta|details|object)\b/gi)].map(
        ([, tag]) => tag,
      )
    const plain = elements(await written('html', 'plain'))
    for (const text of payloads) {
      const found = elements(await written('html', text))
      expect(
        found.filter((tag) => !plain.includes(tag)),
        text,
      ).toEqual([])
      expect(found.filter((tag) => tag === 'script').length, text).toBe(
        plain.filter((tag) => tag === 'script').length,
      )
    }
  })

  it('stay inside the quotes of DOT and Mermaid', async () => {
    const dot = [
      /^digraph svcsplit \{$/,
      /^ {2}graph \[rankdir=LR, labelloc=b, label="(?:[^"\\]|\\["\\])*"\];$/,
      /^ {2}node \[shape=box, fontname="sans-serif"\];$/,
      /^ {2}[sp]\d+ \[label="(?:[^"\\]|\\["\\])*"(?:, style=rounded)?\];$/,
      /^ {2}[sp]\d+ -> [sp]\d+ \[label="(?:[^"\\]|\\["\\])*", color=(?:red|orange,style=dashed|gray,style=dotted)\];$/,
      /^\}$/,
      /^$/,
    ]
    const safe = '"[\\p{L}\\p{N} .,_/+#;-]*"'
    const mermaid = [
      /^flowchart LR$/,
      new RegExp(`^ {2}[sp]\\d+(?:\\[${safe}\\]|\\(${safe}\\))$`, 'u'),
      new RegExp(`^ {2}[sp]\\d+ (?:-->|-\\.->)\\|${safe}\\| [sp]\\d+$`, 'u'),
      /^$/,
    ]
    for (const text of payloads) {
      for (const line of (await written('dot', text)).split('\n'))
        expect(
          dot.some((form) => form.test(line)),
          line,
        ).toBe(true)
      for (const line of (await written('mermaid', text)).split('\n'))
        expect(
          mermaid.some((form) => form.test(line)),
          line,
        ).toBe(true)
    }
  })

  it('leave only the colours of the text itself', async () => {
    for (const text of payloads) {
      const output = await analysisFormats(hostileResult(text)).text({ color: true, width: 100 })
      expect(unsafe(output.replace(/\u001b\[(?:[0-9]{1,2})m/g, '')), text).toBeUndefined()
    }
  })
})
