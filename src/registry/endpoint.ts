import { isLoopback } from '#io/loopback.js'

/** A repository of a registry. */
export interface Repository {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
}

/** True if what is sent there cannot be read on the way. */
export function isPrivate(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url.hostname)
}

/**
 * May the login for this registry be sent to the token server that the registry named? A registry that was reached
 * over a way that others can change may not send it elsewhere; one elsewhere may not send it to this machine.
 */
export function realmRefusal(registry: URL, realm: URL): string | undefined {
  if (realm.protocol !== 'https:' && realm.protocol !== 'http:') return 'is not a http address'
  if (realm.username !== '' || realm.password !== '') return 'holds a login of its own'
  if (realm.host === registry.host && realm.protocol === registry.protocol) return undefined
  if (isLoopback(registry.hostname)) return isPrivate(realm) ? undefined : 'is not https'
  if (isLoopback(realm.hostname)) return 'is on this machine, and the registry is not'
  if (realm.protocol !== 'https:') return 'is not https'
  return registry.protocol === 'https:' ? undefined : 'is another host than that of a registry without https'
}
