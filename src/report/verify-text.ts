import type { Verification } from '#verbs/verify.js'
import { bytesText } from './bytes.js'
import { plural } from './terminal.js'

function startText({ start }: Verification): string {
  if (start.engine === 'none') return `not started: ${start.reason ?? 'not asked for'}`
  const { scripts, modules, commands } = start
  return `started by ${start.engine}: ${scripts} scripts and ${modules} WSGI modules imported, ${commands} programs run`
}

/** What was looked at and what was found. */
export function verifyText(result: Verification): string {
  const { counts, findings, against } = result
  const errors = findings.filter(({ level }) => level === 'error').length
  const warnings = findings.length - errors
  const named = [
    ...(result.service === undefined ? [] : [`  ${result.service}@${result.release}`]),
    ...(result.platform === undefined ? [] : [`  ${result.platform}`]),
  ].join('')
  const wheels = `${counts.wheels} of ${counts.distributions} distributions compared with their wheels`
  return [
    `${result.image}${named}  ${result.digest}`,
    `  held against ${against === 'lock' ? 'the lock' : against === 'itself' ? 'nothing but its own records' : 'the lock of shipped facts'}; ${wheels}`,
    `  ${counts.layers} layers, ${counts.entries} entries, ${bytesText(counts.bytes)} unpacked; ${counts.files} files of RECORDs, ${counts.libraries} ELF files`,
    `  ${startText(result)}`,
    ...result.start.unconfigured.map((line) => `  loads, and then waits for its configuration: ${line}`),
    ...findings.map(
      ({ level, rule, message, path }) =>
        `${level}  ${rule}  ${path === undefined ? '' : `${path}: `}${message}`,
    ),
    errors + warnings === 0
      ? 'nothing is wrong'
      : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`,
    '',
  ].join('\n')
}

/** One image as an object of its own, the images of several platforms as a list. */
export function verifyJson(results: readonly Verification[]): string {
  const [only] = results
  const told = results.length === 1 && only !== undefined ? only : { image: only?.image, platforms: results }
  return `${JSON.stringify({ schemaVersion: '1.0', ...told }, null, 2)}\n`
}
