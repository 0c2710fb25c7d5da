import { join } from 'node:path'
import { existsSync, readTextSync } from './files.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Who to be for one origin; never printed. */
interface Login {
  readonly user: string
  readonly password: string
}

/** Finds the login for a URL. Keyed by origin, so that a redirect never carries one to another origin. */
export interface Credentials {
  /** Remembers the login that stands in the URL for the other URLs of its origin, as pip does for an index. */
  learn(url: URL): void
  for(url: URL): Login | undefined
}

/** Logins from URLs first, then from netrc (`$NETRC`, else `~/.netrc`), looked up by the real host. */
export function openCredentials(environment: Environment): Credentials {
  const learned = new Map<string, Login>()
  let netrc: ReadonlyMap<string, Login> | undefined
  return {
    learn(url) {
      const login = loginIn(url)
      if (login !== undefined && !learned.has(url.origin)) learned.set(url.origin, login)
    },
    for(url) {
      const own = loginIn(url) ?? learned.get(url.origin)
      if (own !== undefined) return own
      netrc ??= readNetrc(environment)
      return netrc.get(url.hostname) ?? netrc.get('')
    },
  }
}

function loginIn(url: URL): Login | undefined {
  if (url.username === '' && url.password === '') return undefined
  return { user: decode(url.username), password: decode(url.password) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function readNetrc(environment: Environment): ReadonlyMap<string, Login> {
  const path = environment.NETRC ?? join(environment.HOME ?? '/', '.netrc')
  if (!existsSync(path)) return new Map()
  return parseNetrc(readTextSync(path, { maxBytes: 1024 * 1024 }))
}

/** Host -> login; the `default` entry has the key ''. Macros are skipped; the first entry of a host wins. */
export function parseNetrc(text: string): ReadonlyMap<string, Login> {
  const logins = new Map<string, Login>()
  const words = text
    .replace(/^[ \t]*macdef[^\n]*(?:\n(?![ \t\r]*\n)[^\n]*)*/gm, '')
    .split('\n')
    .flatMap((line) => (line.trimStart().startsWith('#') ? [] : (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [])))
    .map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word))
  let host: string | undefined
  let user = ''
  let password = ''
  const close = (): void => {
    if (host !== undefined && !logins.has(host) && (user !== '' || password !== ''))
      logins.set(host, { user, password })
    host = undefined
    user = ''
    password = ''
  }
  for (let at = 0; at < words.length; ) {
    const word = words[at++]!
    if (word === 'default') {
      close()
      host = ''
    } else if (word === 'machine') {
      close()
      host = (words[at++] ?? '').toLowerCase()
    } else if (word === 'login') user = words[at++] ?? ''
    else if (word === 'password') password = words[at++] ?? ''
    else if (word === 'account') at += 1
  }
  close()
  return logins
}
