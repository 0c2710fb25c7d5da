'use strict'
// Loaded before the program: tells file descriptor 3 what the process used.
const { readFileSync, writeSync } = require('node:fs')

/** `maxRSS` of Linux counts what the process was before it became this program: a copy of whoever started it. */
function peakKiB() {
  try {
    const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (peak !== undefined) return Number(peak)
  } catch {}
  return process.resourceUsage().maxRSS
}

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(
    3,
    JSON.stringify({ peakMiB: peakKiB() / 1024, cpuMilliseconds: (userCPUTime + systemCPUTime) / 1000 }),
  )
})
