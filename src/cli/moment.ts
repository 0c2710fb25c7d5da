/**
 * A moment in ISO 8601: a day (its first moment, UTC), a time with its zone, or a duration before `now` in days, as
 * `P7D`. @returns milliseconds since the epoch; undefined if it is none of them
 */
export function parseMoment(text: string, now: Date): number | undefined {
  const days = /^P(\d{1,4})D$/.exec(text)?.[1]
  if (days !== undefined) return now.getTime() - Number(days) * 86_400_000
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const moment = Date.parse(text)
  // Date.parse makes the first of March of the thirtieth of February
  return Number.isNaN(moment) || !isDay(text.slice(0, 10)) ? undefined : moment
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
