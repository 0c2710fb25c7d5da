import type { AnalysisResult } from '#collisions/result.js'
import type { TextOptions } from '#report/terminal.js'
import type { Formats } from './outputs.js'

type Write = (result: AnalysisResult, options: TextOptions) => string

/** Every form that a result of `analyze` and `gate` can be written in, by name. One line makes a format known. */
const writers: Readonly<Record<string, () => Promise<Write>>> = {
  text: async () => (await import('#report/analyze-text.js')).analysisText,
  json: async () => (await import('#report/json.js')).analysisJson,
}

export const analysisFormatNames: readonly string[] = Object.keys(writers)

/** The formats of one result. */
export function analysisFormats(result: AnalysisResult): Formats {
  const formats = Object.entries(writers).map(
    ([name, load]) => [name, async (options: TextOptions) => (await load())(result, options)] as const,
  )
  return Object.fromEntries(formats) as Formats & Record<string, Formats[string]>
}
