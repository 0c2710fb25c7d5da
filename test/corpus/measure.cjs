'use strict'
// Loaded before the program: tells file descriptor 3 what the process used.
const { writeSync } = require('node:fs')
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(
    3,
    JSON.stringify({ peakMiB: maxRSS / 1024, cpuMilliseconds: (userCPUTime + systemCPUTime) / 1000 }),
  )
})
