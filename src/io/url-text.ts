import { visible } from '#errors.js'

/** A URL as it may be shown: without user, password, query and fragment, any of which may hold a secret. */
export function showUrl(url: string | URL): string {
  let parsed: URL
  try {
    parsed = typeof url === 'string' ? new URL(url) : url
  } catch {
    return visible(url.toString().replace(/\/\/[^/]*@/, '//***@'))
  }
  // what looks like a scheme may be the name of a login
  if (parsed.host === '') return visible(url.toString())
  const who = parsed.username === '' && parsed.password === '' ? '' : '***@'
  return visible(`${parsed.protocol}//${who}${parsed.host}${parsed.pathname}`)
}
