import { SvcsplitError } from '#errors.js'
import type { Exchange } from '#io/exchange.js'
import { statusFailure } from '#io/http-failure.js'
import { basic } from '#io/transport.js'
import { showUrl } from '#io/url-text.js'
import { readTry } from './answer.js'
import { parseChallenges } from './challenge.js'
import type { RegistryLogin } from './docker-config.js'
import { isPrivate, realmRefusal } from './endpoint.js'

/** What a token is for, as token servers write it: `repository:openstack/glance:pull,push`. */
export type Scope = string

export interface Authorization {
  /** The header to send, if one is known to be wanted. @throws E-REG-AUTH, E-REG-INSECURE, E-NET-* */
  header(scopes: readonly Scope[]): Promise<string | undefined>
  /** After a 401: learns what the server wants, and forgets the header that it refused. @throws as `header` */
  learn(challenge: string | undefined, refused: string | undefined, scopes: readonly Scope[]): Promise<void>
}

interface Token {
  readonly value: string
  /** Milliseconds of the monotonic clock. */
  readonly endsAt: number
}

type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined }

/** The token specification's lifetime where a server names none. */
const defaultLifetimeS = 60
/** Of a lifetime, the part after which a token is renewed without waiting for its refusal. */
const usedPart = 0.9
const tokenDeadlineMs = 60_000

/** Anonymous, basic or token access to one registry. `findLogin` is asked only when the registry wants a login. */
export function openAuthorization(
  endpoint: URL,
  findLogin: () => Promise<RegistryLogin | undefined>,
  exchange: Exchange,
): Authorization {
  let scheme: Scheme | undefined
  let login: Promise<RegistryLogin | undefined> | undefined
  const tokens = new Map<string, Promise<Token>>()
  /** Scopes that the registry asked for beyond what the request seemed to need. */
  const wider = new Map<string, readonly Scope[]>()
  const host = endpoint.host
  const keyOf = (scopes: readonly Scope[]): string => [...scopes].sort().join(' ')

  async function knownLogin(): Promise<RegistryLogin | undefined> {
    login ??= findLogin()
    const found = await login
    if (found !== undefined && !isPrivate(endpoint))
      throw new SvcsplitError(
        'E-REG-INSECURE',
        `${host} wants a login, and it is spoken to in clear text: the login is not sent`,
        { hint: 'use https: leave --plain-http away' },
      )
    return found
  }

  async function tokenFor(bearer: Extract<Scheme, { kind: 'bearer' }>, key: string): Promise<Token> {
    const scopes = [...new Set([...key.split(' '), ...(wider.get(key) ?? [])])].filter(
      (scope) => scope !== '',
    )
    const found = await knownLogin()
    if (found?.kind === 'bearer') return { value: found.token, endsAt: Number.POSITIVE_INFINITY }
    const refusal = realmRefusal(endpoint, bearer.realm)
    if (refusal !== undefined)
      throw new SvcsplitError(
        'E-REG-AUTH',
        `${host} sends logins to ${showUrl(bearer.realm)}, which ${refusal}: nothing was sent there`,
        { hint: "have the registry's token realm set to a https address" },
      )
    return fetchToken(exchange, host, bearer, scopes, found)
  }

  return {
    async header(scopes) {
      if (scheme === undefined) return undefined
      if (scheme.kind === 'basic') {
        const found = await knownLogin()
        if (found?.kind !== 'password') throw noLogin(host)
        return basic(found)
      }
      const key = keyOf(scopes)
      const held = tokens.get(key)
      if (held === undefined || (await held).endsAt < performance.now()) {
        // of all that wait for the same token, the first fetches it
        if (tokens.get(key) === held) {
          const fresh = tokenFor(scheme, key)
          tokens.set(key, fresh)
          fresh.catch(() => tokens.delete(key))
        }
      }
      return `Bearer ${(await (tokens.get(key) ?? tokenFor(scheme, key))).value}`
    },

    async learn(challenge, refused, scopes) {
      const offers = parseChallenges(challenge ?? '')
      const bearer = offers.find((offer) => offer.scheme === 'bearer' && offer.parameters.has('realm'))
      const realm = bearer?.parameters.get('realm') ?? ''
      if (bearer !== undefined) {
        if (!URL.canParse(realm, endpoint.href))
          throw new SvcsplitError('E-REG-AUTH', `${host} names a token server that is no address`)
        scheme = {
          kind: 'bearer',
          realm: new URL(realm, endpoint.href),
          service: bearer.parameters.get('service'),
        }
        const key = keyOf(scopes)
        const asked = bearer.parameters.get('scope')?.split(' ') ?? []
        wider.set(key, [...new Set([...(wider.get(key) ?? []), ...asked])].slice(0, 16))
        const held = await tokens.get(key)?.catch(() => undefined)
        // another request may have renewed it in the meantime
        if (held !== undefined && refused === `Bearer ${held.value}`) tokens.delete(key)
        return
      }
      if (offers.some((offer) => offer.scheme === 'basic')) {
        scheme = { kind: 'basic' }
        return
      }
      throw new SvcsplitError('E-REG-AUTH', `${host} refuses the request and does not say how to log in`)
    },
  }
}

function noLogin(host: string): SvcsplitError {
  return new SvcsplitError('E-REG-AUTH', `${host} wants a login, and none is known for it`, {
    hint: `run "docker login ${host}", "podman login ${host}" or "skopeo login ${host}"`,
  })
}

/** The token protocol of the distribution project: GET with basic login, or POST for identity tokens. */
async function fetchToken(
  exchange: Exchange,
  host: string,
  { realm, service }: { readonly realm: URL; readonly service: string | undefined },
  scopes: readonly Scope[],
  login: RegistryLogin | undefined,
): Promise<Token> {
  const url = new URL(realm)
  url.hash = ''
  const fields = new URLSearchParams()
  if (service !== undefined) fields.set('service', service)
  const identity = login?.kind === 'identity'
  if (identity) {
    fields.set('grant_type', 'refresh_token')
    fields.set('client_id', 'svcsplit')
    fields.set('refresh_token', login.token)
    if (scopes.length > 0) fields.set('scope', scopes.join(' '))
  } else {
    for (const scope of scopes) fields.append('scope', scope)
    for (const [name, value] of fields) url.searchParams.append(name, value)
  }
  return exchange.persist(url, tokenDeadlineMs, async (signal) => {
    const sent = await exchange.send(url, {
      method: identity ? 'POST' : 'GET',
      headers: {
        accept: 'application/json',
        ...(login?.kind === 'password' ? { authorization: basic(login) } : {}),
        ...(identity ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(identity ? { body: Buffer.from(fields.toString()) } : {}),
      signal,
    })
    if (!('value' in sent)) return sent
    const { status, headers } = sent.value
    const refused = (problem: string, hint?: string): SvcsplitError =>
      new SvcsplitError('E-REG-AUTH', `the token server ${showUrl(url)} of ${host} ${problem}`, {
        ...(hint === undefined ? {} : { hint }),
      })
    if (status !== 200) {
      sent.value.drop()
      const failure = statusFailure(status, headers.get('retry-after'), url, Date.now())
      const who = login === undefined ? 'no login is known' : 'the login that is known'
      return {
        ...failure,
        error: refused(
          `answers ${status} (${who})`,
          [400, 401, 403].includes(status)
            ? `run "docker login ${host}" or "podman login ${host}", and check that it may use the repository`
            : undefined,
        ),
      }
    }
    const body = await readTry(() => sent.value.read(1024 * 1024))
    if (!('value' in body)) return body
    const token = tokenIn(body.value)
    return token === undefined ? { error: refused('sends no token'), retry: false } : { value: token }
  })
}

function tokenIn(body: Buffer): Token | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null) return undefined
  const { token, access_token: access, expires_in: lifetime } = answer as Record<string, unknown>
  const value = typeof token === 'string' && token !== '' ? token : access
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(value)) return undefined
  const seconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : defaultLifetimeS
  return { value, endsAt: performance.now() + seconds * 1000 * usedPart }
}
