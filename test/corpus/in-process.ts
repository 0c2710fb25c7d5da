import { runCommandLine } from '#cli/program.js'
import type { Run } from './sandbox.js'

/** The same command line in this process: no start of Node, and no measure of memory. */
export const inProcess: Run = async (args, cwd, env) => {
  const before = { cwd: process.cwd(), env: process.env, exitCode: process.exitCode }
  const texts = { stdout: '', stderr: '' }
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write }
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      texts[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined
      if (done !== undefined) process.nextTick(done)
      return true
    }) as typeof process.stdout.write
  const started = performance.now()
  try {
    process.chdir(cwd)
    process.env = { ...env }
    process.exitCode = undefined
    const exit = await Promise.race([runCommandLine(args), hung()])
    return {
      exit: exit ?? Number(process.exitCode ?? 0),
      ...texts,
      milliseconds: performance.now() - started,
    }
  } finally {
    process.stdout.write = writes.stdout
    process.stderr.write = writes.stderr
    process.chdir(before.cwd)
    process.env = before.env
    process.exitCode = before.exitCode
  }
}

/** A command that never ends would end nothing here: 124, as `timeout` has it. */
function hung(): Promise<number> {
  return new Promise((resolve) => setTimeout(resolve, 30_000, 124).unref())
}
