#!/usr/bin/env node
/**
 * Where the program begins. In CommonJS, because loading ES modules alone takes Node a third of the time that it needs
 * to start: a script that asks only for the version gets it without.
 */
import fs = require('node:fs')

import nodeModule = require('node:module')

import v8 = require('node:v8')

const asked = process.argv.slice(2)
if (asked.length === 1 && (asked[0] === '--version' || asked[0] === '-V')) {
  const { version } = require('#package.json') as { version: string }
  process.stdout.write(`${version}\n`)
} else {
  start().catch(tellThatItDidNotStart)
}

async function start(): Promise<void> {
  optimiseLate()
  // Newer than Node 20: code is compiled once and kept.
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown }
  if (enableCompileCache !== undefined) {
    const { cacheDir } = require('#io/cache-dir.cjs') as { cacheDir: () => string }
    enableCompileCache(`${cacheDir()}/compiled`)
  }
  require('./main.cjs')
}

/** Code that cannot be loaded cannot be loaded to tell so either; once it is loaded, it tells its own errors. */
function tellThatItDidNotStart(reason: unknown): void {
  const { code, path, message } = reason as NodeJS.ErrnoException
  const isOfSystem = typeof code === 'string' && typeof path === 'string'
  const lines = isOfSystem
    ? [
        `error: cannot open ${path} (${code}) [E-FS-IO]`,
        `  ${code === 'EMFILE' ? 'raise the limit of open files: ulimit -n 4096' : 'svcsplit was not loaded: look at its files, or install it again'}`,
      ]
    : [`error: svcsplit was not loaded: ${message}`, '  install it again']
  process.exitCode = isOfSystem ? 4 : 70
  fs.writeSync(2, `${lines.join('\n')}\n`)
}

/**
 * Compilers of Node 20 to 22 begin so early, and take so much into one function, that an analysis of a second spent
 * another on them. Newer ones have a quicker compiler in between. A flag that V8 does not know would be an error on stderr.
 */
function optimiseLate(): void {
  const version = Number.parseInt(process.versions.v8, 10)
  if (version < 12) v8.setFlagsFromString('--interrupt-budget=600000')
  if (version < 13) v8.setFlagsFromString('--max-inlined-bytecode-size-cumulative=300')
}
