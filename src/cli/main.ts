#!/usr/bin/env node
import { runCommandLine } from './program.js'

let finished = false
// An event loop that runs dry in the middle of a command must not look like success.
process.on('exit', (code) => {
  if (!finished && code === 0) process.exitCode = 70
})
// The reader of a pipe may leave early (`svcsplit analyze | head`): that is its right, and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code))
}

const exitCode = await runCommandLine(process.argv.slice(2))
if (exitCode !== undefined) process.exitCode = exitCode
finished = true
