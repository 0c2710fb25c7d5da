import type { TextOptions } from '#report/terminal.js'
import type { Analysis } from '#verbs/analyze.js'
import type { Formats, Output } from './outputs.js'

type Write = (result: Analysis, options: TextOptions) => string

/**
 * Every form that a result of `analyze` and `gate` can be written in, by name; one line makes a format known. All
 * but JSON, which keeps every text as it is, are given the result with its texts made safe to print.
 */
const writers: Readonly<Record<string, () => Promise<Write>>> = {
  text: async () => (await import('#report/analyze-text.js')).analysisText,
  json: async () => (await import('#report/json.js')).analysisJson,
  html: async () => (await import('./html-report.js')).analysisHtml(),
  markdown: async () => (await import('#report/markdown.js')).analysisMarkdown,
  sarif: async () => (await import('#report/sarif.js')).analysisSarif,
  junit: async () => (await import('#report/junit.js')).analysisJunit,
  gitlab: async () => (await import('#report/gitlab.js')).analysisGitlab,
  github: async () => (await import('#report/github.js')).analysisGithub,
  zuul: async () => (await import('#report/zuul.js')).analysisZuul,
  dot: async () => (await import('#report/dot.js')).analysisDot,
  mermaid: async () => (await import('#report/mermaid.js')).analysisMermaid,
}

export const analysisFormatNames: readonly string[] = Object.keys(writers)

/** Whether one of the outputs shows more than findings: see `surroundings` of the options. */
export function wantSurroundings(outputs: readonly Output[] = []): boolean {
  return outputs.some(({ format }) => format === 'json' || format === 'html')
}

/** The formats of one result. */
export function analysisFormats(result: Analysis): Formats {
  let shown: Analysis | undefined
  const formats = Object.entries(writers).map(([name, load]) => {
    const write = async (options: TextOptions) => {
      const { shownResult } = await import('#report/shown-result.js')
      const isRaw = name === 'json'
      shown ??= shownResult(result)
      return (await load())(isRaw ? result : shown, options)
    }
    return [name, write] as const
  })
  return Object.fromEntries(formats) as Formats & Record<string, Formats[string]>
}
