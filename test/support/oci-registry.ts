import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to a request instead of, or around, its ordinary answer. */
export interface Fault {
  readonly method?: string
  /** Matched against path and query. */
  readonly path: RegExp
  /** How many matching requests it hits; default 1. */
  readonly times?: number
  /** How many matching requests pass before. */
  readonly skip?: number
  /** Answer this. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Cut the connection after so many bytes of the request body (0: at once). */
  readonly cutAfter?: number
  /** Do the ordinary work, then cut the connection instead of answering. */
  readonly loseAnswer?: boolean
  /** Answer so many milliseconds late. */
  readonly lateMs?: number
  /** Announce the whole answer, send half of it, cut the connection. */
  readonly halfAnswer?: boolean
  /** Change the ordinary answer's headers; null removes one. */
  readonly rewrite?: Readonly<Record<string, string | null>>
  /** Change what is stored before the ordinary work. */
  readonly before?: (registry: TestRegistry) => void
}

export interface TestRegistryOptions {
  readonly auth?: 'none' | 'basic' | 'token'
  readonly user?: string
  readonly password?: string
  /** Where clients are sent for tokens; default: the registry itself. */
  readonly realm?: string
  /** Requests that one token is good for. */
  readonly tokenUses?: number
  /** Default true. */
  readonly referrersApi?: boolean
  readonly immutableTags?: boolean
  /** Default true: a mount is a session (202) otherwise. */
  readonly mounts?: boolean
  readonly chunkMinLength?: number
  readonly checkReferences?: boolean
  /** Faults without a script: asked for every request that no script has one for. */
  readonly fault?: (method: string, url: string) => Omit<Fault, 'path'> | undefined
}

export interface LoggedRequest {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly authorization?: string
  readonly received: number
}

interface Stored {
  readonly type: string
  readonly bytes: Buffer
}

/** A registry by the distribution specification in memory, on loopback, with faults as scripted. */
export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly log: LoggedRequest[]
  /** repository -> digest -> bytes */
  readonly blobs: Map<string, Map<string, Buffer>>
  readonly manifests: Map<string, Map<string, Stored>>
  /** repository -> tag -> digest */
  readonly tags: Map<string, Map<string, string>>
  readonly tokenRequests: URL[]
  readonly options: TestRegistryOptions
  /** Every answer carries it, so that a test can tell that it spoke to this registry. */
  readonly sentinel: string
  script(...faults: Fault[]): void
  /** Faults that no request has met yet. */
  pending(): number
  requests(method: string, path: RegExp): LoggedRequest[]
  close(): Promise<void>
}

const sentinelHeader = 'x-test-registry'
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

interface Upload {
  readonly repository: string
  bytes: Buffer
}

interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
}

function refusal(status: number, code: string, detail?: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' '), detail }] }),
  }
}

export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const uploads = new Map<string, Upload>()
  const tokens = new Map<string, { scopes: string[]; uses: number }>()
  const faults: { fault: Fault; seen: number; left: number }[] = []
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy(error as Error)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  const registry: TestRegistry = {
    host,
    log: [],
    blobs: new Map(),
    manifests: new Map(),
    tags: new Map(),
    tokenRequests: [],
    options,
    sentinel: randomBytes(8).toString('hex'),
    script: (...added) => {
      for (const fault of added) faults.push({ fault, seen: 0, left: fault.times ?? 1 })
    },
    pending: () => faults.filter(({ left }) => left > 0).length,
    requests: (method, path) =>
      registry.log.filter((entry) => entry.method === method && path.test(entry.url)),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  const under = <T>(map: Map<string, Map<string, T>>, repository: string): Map<string, T> => {
    let inner = map.get(repository)
    if (inner === undefined) {
      inner = new Map()
      map.set(repository, inner)
    }
    return inner
  }

  function faultFor(method: string, url: string): Omit<Fault, 'path'> | undefined {
    for (const entry of faults) {
      const { fault } = entry
      if (entry.left === 0 || (fault.method !== undefined && fault.method !== method)) continue
      if (!fault.path.test(url)) continue
      entry.seen += 1
      if (entry.seen <= (fault.skip ?? 0)) continue
      entry.left -= 1
      return fault
    }
    return options.fault?.(method, url)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    const fault = faultFor(method, url)
    const received: Buffer[] = []
    let size = 0
    const logged = (status: number): void => {
      const { authorization } = request.headers
      registry.log.push({
        method,
        url,
        status,
        received: size,
        ...(authorization === undefined ? {} : { authorization }),
      })
    }
    if (fault?.cutAfter === 0) {
      logged(0)
      request.socket.destroy()
      return
    }
    for await (const chunk of request) {
      received.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (fault?.cutAfter !== undefined && size >= fault.cutAfter) {
        keepPartOfUpload(url, Buffer.concat(received))
        logged(0)
        request.socket.destroy()
        return
      }
    }
    fault?.before?.(registry)
    const scripted: Reply | undefined =
      fault?.status === undefined
        ? undefined
        : { status: fault.status, headers: { ...fault.headers }, body: fault.body ?? '' }
    const reply = scripted ?? answer(method, new URL(url, `http://${host}`), request, Buffer.concat(received))
    logged(reply.status)
    if (fault?.lateMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.lateMs))
    if (fault?.loseAnswer === true) {
      request.socket.destroy()
      return
    }
    const headers: Record<string, string> = { [sentinelHeader]: registry.sentinel, ...reply.headers }
    for (const [name, value] of Object.entries(fault?.rewrite ?? {}))
      if (value === null) delete headers[name]
      else headers[name] = value
    const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : (reply.body ?? Buffer.alloc(0))
    headers['content-length'] ??= String(body.length)
    response.writeHead(reply.status, headers)
    if (fault?.halfAnswer === true && method !== 'HEAD' && body.length > 1) {
      response.write(body.subarray(0, body.length / 2), () => request.socket.destroy())
      return
    }
    response.end(method === 'HEAD' ? undefined : body)
  }

  /** A registry that lost the connection has what came before. */
  function keepPartOfUpload(url: string, part: Buffer): void {
    const upload = uploads.get(/uploads\/([0-9a-f]+)/.exec(url)?.[1] ?? '')
    if (upload !== undefined) upload.bytes = Buffer.concat([upload.bytes, part])
  }

  function challenge(scope: string): Reply {
    const realm = options.realm ?? `http://${host}/token`
    return {
      ...refusal(401, 'UNAUTHORIZED'),
      headers: {
        'content-type': 'application/json',
        'www-authenticate':
          options.auth === 'basic'
            ? 'Basic realm="test"'
            : `Bearer realm="${realm}",service="test-registry",scope="${scope}"`,
      },
    }
  }

  /** Undefined if the request may pass. */
  function guard(
    request: IncomingMessage,
    repository: string,
    action: string,
    from?: string,
  ): Reply | undefined {
    const given = request.headers.authorization
    if (options.auth === undefined || options.auth === 'none') return undefined
    const scope = `repository:${repository}:${action}`
    if (options.auth === 'basic') {
      const wanted = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`
      return given === wanted ? undefined : challenge(scope)
    }
    const token = tokens.get(given?.replace(/^Bearer /, '') ?? '')
    if (token === undefined || token.uses <= 0) return challenge(scope)
    const may = (name: string, wanted: string): boolean =>
      token.scopes.some((granted) => {
        const [, repo, actions = ''] = granted.split(':')
        return repo === name && wanted.split(',').every((part) => actions.split(',').includes(part))
      })
    if (!may(repository, action) || (from !== undefined && !may(from, 'pull'))) return challenge(scope)
    token.uses -= 1
    return undefined
  }

  function issueToken(url: URL, request: IncomingMessage, body: Buffer): Reply {
    registry.tokenRequests.push(url)
    const form = new URLSearchParams(request.method === 'POST' ? body.toString() : url.search)
    if (request.method === 'POST') {
      if (form.get('refresh_token') !== options.password) return refusal(401, 'UNAUTHORIZED')
    } else if (options.user !== undefined) {
      const wanted = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`
      if (request.headers.authorization !== wanted) return refusal(401, 'UNAUTHORIZED')
    }
    const token = randomBytes(12).toString('hex')
    const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '))
    tokens.set(token, { scopes, uses: options.tokenUses ?? Number.POSITIVE_INFINITY })
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, expires_in: 300 }),
    }
  }

  function answer(method: string, url: URL, request: IncomingMessage, body: Buffer): Reply {
    if (url.pathname === '/token') return issueToken(url, request, body)
    if (url.pathname === '/v2/') return guard(request, '', '') ?? { status: 200, body: '{}' }
    const match = /^\/v2\/(.+)\/(blobs|manifests|referrers|tags)\/(.*)$/.exec(url.pathname)
    if (match === null) return refusal(404, 'NAME_UNKNOWN')
    let [, repository = '', kind = '', name = ''] = match
    const inUpload = /^(.+)\/blobs\/uploads\/(.*)$/.exec(url.pathname.slice(4))
    if (inUpload !== null) [, repository = '', name = ''] = inUpload
    const from = url.searchParams.get('from') ?? undefined
    const refused = guard(
      request,
      repository,
      method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push',
      from,
    )
    if (refused !== undefined) return refused
    if (inUpload !== null) return uploading(method, repository, name, url, request, body)
    if (kind === 'blobs') return blob(repository, name)
    if (kind === 'manifests') return manifest(method, repository, name, request, body)
    if (kind === 'referrers') return referrers(repository, name, url)
    return refusal(404, 'UNSUPPORTED')
  }

  function blob(repository: string, digest: string): Reply {
    const bytes = under(registry.blobs, repository).get(digest)
    if (bytes === undefined) return refusal(404, 'BLOB_UNKNOWN')
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'docker-content-digest': digest,
        'content-length': String(bytes.length),
      },
      body: bytes,
    }
  }

  function sessionReply(status: number, repository: string, id: string, upload: Upload): Reply {
    return {
      status,
      headers: {
        location: `/v2/${repository}/blobs/uploads/${id}?state=a%2Fb`,
        range: `0-${Math.max(0, upload.bytes.length - 1)}`,
        ...(options.chunkMinLength === undefined
          ? {}
          : { 'oci-chunk-min-length': String(options.chunkMinLength) }),
      },
    }
  }

  function uploading(
    method: string,
    repository: string,
    id: string,
    url: URL,
    request: IncomingMessage,
    body: Buffer,
  ): Reply {
    if (method === 'POST') {
      const mount = url.searchParams.get('mount')
      const from = url.searchParams.get('from')
      const bytes = mount === null || from === null ? undefined : under(registry.blobs, from).get(mount)
      if (mount !== null && bytes !== undefined && options.mounts !== false) {
        under(registry.blobs, repository).set(mount, bytes)
        return {
          status: 201,
          headers: { location: `/v2/${repository}/blobs/${mount}`, 'docker-content-digest': mount },
        }
      }
      const fresh = randomBytes(8).toString('hex')
      const upload = { repository, bytes: Buffer.alloc(0) }
      uploads.set(fresh, upload)
      return sessionReply(202, repository, fresh, upload)
    }
    const upload = uploads.get(id)
    if (upload === undefined || upload.repository !== repository) return refusal(404, 'BLOB_UPLOAD_UNKNOWN')
    if (method === 'GET') return sessionReply(204, repository, id, upload)
    if (method === 'DELETE') {
      uploads.delete(id)
      return { status: 204 }
    }
    const range = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '')
    if (
      range !== null &&
      (Number(range[1]) !== upload.bytes.length || Number(range[2]) - Number(range[1]) + 1 !== body.length)
    )
      return { ...refusal(416, 'RANGE_INVALID') }
    if (method === 'PATCH') {
      if (options.chunkMinLength !== undefined && body.length < options.chunkMinLength)
        return refusal(400, 'SIZE_INVALID')
      upload.bytes = Buffer.concat([upload.bytes, body])
      return sessionReply(202, repository, id, upload)
    }
    const bytes = Buffer.concat([upload.bytes, body])
    const digest = url.searchParams.get('digest') ?? ''
    uploads.delete(id)
    if (digestOf(bytes) !== digest) return refusal(400, 'DIGEST_INVALID')
    under(registry.blobs, repository).set(digest, bytes)
    return {
      status: 201,
      headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest },
    }
  }

  function manifest(
    method: string,
    repository: string,
    name: string,
    request: IncomingMessage,
    body: Buffer,
  ): Reply {
    const tags = under(registry.tags, repository)
    const stored = under(registry.manifests, repository)
    if (method !== 'PUT') {
      const digest = name.startsWith('sha256:') ? name : tags.get(name)
      const found = digest === undefined ? undefined : stored.get(digest)
      if (digest === undefined || found === undefined) return refusal(404, 'MANIFEST_UNKNOWN')
      const headers = {
        'content-type': found.type,
        'docker-content-digest': digest,
        'content-length': String(found.bytes.length),
      }
      return { status: 200, headers, body: found.bytes }
    }
    const digest = digestOf(body)
    if (name.startsWith('sha256:') && name !== digest) return refusal(400, 'DIGEST_INVALID')
    const held = tags.get(name)
    if (options.immutableTags === true && held !== undefined && held !== digest) return refusal(409, 'DENIED')
    const parsed = JSON.parse(body.toString()) as {
      config?: { digest: string }
      layers?: { digest: string }[]
      manifests?: { digest: string }[]
      subject?: { digest: string }
    }
    if (options.checkReferences !== false) {
      for (const part of [...(parsed.config === undefined ? [] : [parsed.config]), ...(parsed.layers ?? [])])
        if (!under(registry.blobs, repository).has(part.digest))
          return refusal(404, 'MANIFEST_BLOB_UNKNOWN', { digest: part.digest })
      for (const part of parsed.manifests ?? [])
        if (!stored.has(part.digest)) return refusal(404, 'MANIFEST_UNKNOWN', { digest: part.digest })
    }
    stored.set(digest, { type: request.headers['content-type'] ?? '', bytes: body })
    if (!name.startsWith('sha256:')) tags.set(name, digest)
    return {
      status: 201,
      headers: {
        location: `/v2/${repository}/manifests/${digest}`,
        'docker-content-digest': digest,
        ...(parsed.subject !== undefined && options.referrersApi !== false
          ? { 'oci-subject': parsed.subject.digest }
          : {}),
      },
    }
  }

  function referrers(repository: string, digest: string, url: URL): Reply {
    if (options.referrersApi === false) return refusal(404, 'UNSUPPORTED')
    const wanted = url.searchParams.get('artifactType')
    const manifests = [...under(registry.manifests, repository)].flatMap(([own, { type, bytes }]) => {
      const parsed = JSON.parse(bytes.toString()) as {
        subject?: { digest: string }
        artifactType?: string
        config: { mediaType: string }
        annotations?: unknown
      }
      if (parsed.subject?.digest !== digest) return []
      const artifactType = parsed.artifactType ?? parsed.config.mediaType
      if (wanted !== null && wanted !== artifactType) return []
      return [
        { mediaType: type, digest: own, size: bytes.length, artifactType, annotations: parsed.annotations },
      ]
    })
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
    return { status: 200, headers: { 'content-type': index.mediaType }, body: JSON.stringify(index) }
  }

  return registry
}
