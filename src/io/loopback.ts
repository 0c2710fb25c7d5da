import { isIP } from 'node:net'

/** Hosts whose traffic never leaves this machine: the only ones that may be spoken to in clear text unasked. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
}

type Environment = Readonly<Record<string, string | undefined>>

/** The environment without its proxies: through one, what is meant for this machine would leave it. */
export function withoutProxies(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(https?|all)_proxy$/i.test(name)),
  )
}
