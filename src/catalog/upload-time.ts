/**
 * When a file was uploaded, as an index (PEP 700) or a catalog says it: ISO 8601, UTC. It is written to catalogs and locks
 * as it stands, so what is no time is taken for nothing.
 */
export function parseUploadTime(text: string): string | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text)
  return isTime && !Number.isNaN(Date.parse(text)) ? text : undefined
}
