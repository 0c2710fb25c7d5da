import { visible } from '#errors.js'
import type { Progress } from '#progress.js'

export interface ProgressOptions {
  readonly quiet: boolean
  /** Redraw one line in place; otherwise one line a step. */
  readonly live: boolean
}

/** Progress, notes and warnings on a stream that is not the result's. */
export function progressTo(stream: NodeJS.WriteStream, options: ProgressOptions): Progress & { end(): void } {
  let current = ''
  let drawn = false

  function clear(): void {
    if (drawn) stream.write('\r\u001b[K')
    drawn = false
  }

  function line(text: string): void {
    clear()
    stream.write(`${text}\n`)
  }

  return {
    step(label, done, total) {
      if (options.quiet) return
      const count = done === undefined ? '' : total === undefined ? ` ${done}` : ` ${done}/${total}`
      if (options.live) {
        stream.write(`\r\u001b[K${visible(label)}${count}`.slice(0, Math.max(20, stream.columns ?? 80)))
        drawn = true
      } else if (label !== current) line(visible(label))
      current = label
    },
    done(message) {
      if (!options.quiet) line(visible(message, 2000))
    },
    note(message) {
      if (!options.quiet) line(`note: ${visible(message, 2000)}`)
    },
    warn(message) {
      line(`warning: ${visible(message, 2000)}`)
    },
    end: clear,
  }
}
