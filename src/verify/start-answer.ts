/** How one import ended. */
interface ImportFailure {
  readonly type: string
  readonly message: string
  readonly missing: string | null
  readonly standard: boolean
}

/** What the driver saw: one entry for each import and each program, in their order. */
export interface Answer {
  readonly imports: readonly (ImportFailure | null)[]
  readonly starts: readonly (readonly { option: string; code: number | null; words: string }[])[]
}

/** The one line that the driver means; what an image has a hand in is not believed to have a form. */
export function answerIn(output: string, mark: string): Answer | undefined {
  const line = output.split('\n').find((text) => text.startsWith(mark))
  if (line === undefined) return undefined
  let answer: unknown
  try {
    answer = JSON.parse(line.slice(mark.length))
  } catch {
    return undefined
  }
  const { imports, starts } = answer as { imports?: unknown; starts?: unknown }
  if (!Array.isArray(imports) || !Array.isArray(starts)) return undefined
  return { imports: imports.map(importAnswer), starts: starts.map(startAnswer) }
}

function importAnswer(value: unknown): ImportFailure | null {
  if (value === null) return null
  const { type, message, missing, standard } = Object(value) as Record<string, unknown>
  return {
    type: String(type),
    message: String(message),
    missing: typeof missing === 'string' ? missing : null,
    standard: standard === true,
  }
}

function startAnswer(value: unknown): Answer['starts'][number] {
  if (!Array.isArray(value)) return []
  return value.map((one) => {
    const { option, code, words } = Object(one) as Record<string, unknown>
    return { option: String(option), code: typeof code === 'number' ? code : null, words: String(words) }
  })
}
