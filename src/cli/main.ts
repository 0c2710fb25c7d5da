import { fsError } from '#io/errno.js'
import { describeError } from './print-error.js'
import { runCommandLine } from './program.js'

let finished = false
let isResultLost = false
process.on('exit', (code) => {
  // An event loop that runs dry in the middle of a command must not look like success.
  if (!finished && code === 0) process.exitCode = 70
  else if (isResultLost) process.exitCode = 4
})
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe may leave early (`svcsplit analyze | head`): that is its right, and no error.
  if (error.code === 'EPIPE') return
  isResultLost = true
  process.stderr.write(describeError(fsError(error, 'write', 'standard output'), false).text)
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code))
}

runCommandLine(process.argv.slice(2)).then(
  (exitCode) => {
    if (exitCode !== undefined) process.exitCode = exitCode
    finished = true
  },
  // Whoever tells errors has one: what is left to say is which.
  (error: unknown) => {
    process.exitCode = 70
    process.stderr.write(`error: ${String(error)}\n`)
  },
)
