import { visible } from '#errors.js'
import type { Doctor, DoctorCheck } from '#verbs/doctor.js'
import { plural } from './terminal.js'

function told({ name, level, message, hint }: DoctorCheck): readonly string[] {
  const line = `${level.padEnd(8)} ${name.padEnd(10)}  ${visible(message, 400)}`
  return hint === undefined ? [line] : [line, `${' '.repeat(21)}${visible(hint, 400)}`]
}

/** One line for each thing that was looked at, problems last, where they are seen. */
export function doctorText({ tool, holesAsOf, checks }: Doctor): string {
  const rank: readonly DoctorCheck['level'][] = ['ok', 'missing', 'warning', 'error']
  const sorted = checks.toSorted((a, b) => rank.indexOf(a.level) - rank.indexOf(b.level))
  const count = (level: DoctorCheck['level']): number =>
    checks.filter((check) => check.level === level).length
  return [
    ...sorted.flatMap(told),
    `svcsplit ${tool}: ${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}; known holes as of ${holesAsOf}`,
    '',
  ].join('\n')
}
