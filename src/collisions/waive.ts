import type { Waiver } from '#inputs/waivers-file.js'
import type { Finding } from './finding.js'
import type { ExpiredWaiver } from './verdict.js'

/** Days before the end of a waiver from which on it is told. */
const noticeDays = 14

const day = 24 * 60 * 60 * 1000

export interface Waived {
  readonly findings: readonly Finding[]
  readonly expired: readonly ExpiredWaiver[]
  readonly stale: readonly Waiver[]
  readonly ending: readonly Waiver[]
}

/** Whether a waiver speaks of a finding: all that it names has to be so. An id may be given as it begins. */
export function matches({ match }: Waiver, finding: Finding, host: string | undefined): boolean {
  const { id, rule, service, release, distribution } = match
  return (
    (id === undefined || finding.id.startsWith(id)) &&
    (rule === undefined || finding.rule === rule) &&
    (service === undefined || finding.demand.service === service) &&
    (release === undefined || finding.demand.release === release) &&
    (match.host === undefined || host === match.host) &&
    (distribution === undefined || finding.distribution === distribution)
  )
}

/** Days from one date (2026-11-25) to another. */
function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / day)
}

/**
 * Findings that a waiver allows are `waived`. A waiver holds on its last day; after that it allows nothing and is
 * told as expired, whether it matches or not.
 * @param today such as 2026-11-25
 * @param hostOf the host that a finding is about
 */
export function waive(
  findings: readonly Finding[],
  waivers: readonly Waiver[],
  today: string,
  hostOf: (finding: Finding) => string | undefined,
): Waived {
  const live = waivers.filter(({ until }) => until >= today)
  const used = new Set<Waiver>()
  const told = findings.map((finding): Finding => {
    const waiver = live.find((one) => matches(one, finding, hostOf(finding)))
    for (const one of waivers) if (matches(one, finding, hostOf(finding))) used.add(one)
    if (waiver === undefined) return finding
    const { reason, until, owner } = waiver
    return { ...finding, state: 'waived', waiver: { reason, until, owner } }
  })
  return {
    findings: told,
    expired: waivers
      .filter(({ until }) => until < today)
      .map((waiver) => ({ waiver, days: daysBetween(waiver.until, today) })),
    stale: live.filter((waiver) => !used.has(waiver)),
    ending: live.filter((waiver) => used.has(waiver) && daysBetween(today, waiver.until) <= noticeDays),
  }
}
