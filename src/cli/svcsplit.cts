#!/usr/bin/env node
/**
 * Where the program begins. In CommonJS, because loading ES modules alone takes Node a third of the time that it needs
 * to start: a script that asks only for the version gets it without.
 */
import nodeModule = require('node:module')

const asked = process.argv.slice(2)
if (asked.length === 1 && (asked[0] === '--version' || asked[0] === '-V')) {
  const { version } = require('#package.json') as { version: string }
  process.stdout.write(`${version}\n`)
} else {
  void start()
}

async function start(): Promise<void> {
  // Newer than Node 20: code is compiled once and kept.
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown }
  if (enableCompileCache !== undefined) {
    const { cacheDir } = await import('#io/cache-dir.js')
    enableCompileCache(`${cacheDir()}/compiled`)
  }
  await import('./main.js')
}
