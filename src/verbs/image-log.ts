import { join } from 'node:path'
import { formatOrigin, SvcsplitError } from '#errors.js'
import { writeAtomic } from '#io/write-files.js'
import type { Progress } from '#progress.js'

/** What happens to one image of several: all of it to a file, and to who watches only what takes long. */
export interface ImageLog {
  readonly path: string
  readonly progress: Progress
  /** Writes the file. @param error why there is no image */
  end(summary: string, error?: SvcsplitError): Promise<void>
}

export function openImageLog(cacheDir: string, text: string, watcher: Progress | undefined): ImageLog {
  const path = join(cacheDir, 'logs', `${text}.log`)
  const started = performance.now()
  const lines: string[] = []
  const add = (line: string): void => {
    lines.push(`${((performance.now() - started) / 1000).toFixed(3).padStart(9)} s  ${line}`)
  }
  let current = ''
  return {
    path,
    progress: {
      step(label, done, total) {
        if (label !== current) add(label)
        current = label
        // Steps of several images at once would only be noise.
        if (/^bootstrap /.test(label)) watcher?.step?.(label, done, total)
      },
      note(message) {
        add(`note: ${message}`)
        watcher?.note?.(`${text}: ${message}`)
      },
      warn(message) {
        add(`warning: ${message}`)
        watcher?.warn?.(`${text}: ${message}`)
      },
    },
    async end(summary, error) {
      add(summary)
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) lines.push(wordsOf(cause))
      await writeAtomic(path, `${lines.join('\n')}\n`, { durable: false })
    },
  }
}

function wordsOf(error: Error): string {
  if (!(error instanceof SvcsplitError)) return error.message
  const { code, message, at, hint } = error
  const place = at === undefined ? [] : [`  at ${formatOrigin(at)}`]
  return [`${code} ${message}`, ...place, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n')
}
