import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { openBlobStore } from '#io/blob-store.js'
import { exists, readText } from '#io/files.js'
import { type Http, type HttpOptions, openHttp } from '#io/http.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A server on the loopback interface; `seen` counts its requests. */
async function serve(handler: Handler): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    handler(request, response, seen.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function client(options: HttpOptions = {}): Http {
  const http = openHttp({ environment: {}, backoffMs: 1, deadlineMs: 5_000, ...options })
  closers.push(() => http.close())
  return http
}

const bytes = Buffer.from('0123456789'.repeat(1000))
const sha256 = createHash('sha256').update(bytes).digest('hex')

describe('get', () => {
  it('gives status, headers and body', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'X-Serial': '7' }).end('body'))
    const answer = await client().get(`${url}/a`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-serial')).toBe('7')
    expect(answer.body.toString()).toBe('body')
  })

  it('unpacks gzip that it asked for', async () => {
    const { url, seen } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes)),
    )
    expect((await client().get(url)).body.equals(bytes)).toBe(true)
    expect(seen[0]!.headers['accept-encoding']).toBe('gzip')
  })

  it('refuses 200 MiB that came as 200 KB of gzip', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024))
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    await expect(client().get(url, { maxBytes: 1024 * 1024 })).rejects.toMatchObject({ code: 'E-NET-LIMIT' })
  })

  it.each([
    ['announced', { 'content-length': String(bytes.length) }],
    ['not announced', {}],
  ])('refuses a body that is larger than allowed, %s', async (_, headers) => {
    const { url } = await serve((__, response) => response.writeHead(200, headers).end(bytes))
    await expect(client().get(url, { maxBytes: 100 })).rejects.toMatchObject({ code: 'E-NET-LIMIT' })
  })

  it.each([500, 502, 503, 504, 429, 408])('tries again after %i', async (status) => {
    const { url, seen } = await serve((_, response, count) =>
      count < 3 ? response.writeHead(status).end() : response.end('ok'),
    )
    expect((await client().get(url)).body.toString()).toBe('ok')
    expect(seen.length).toBe(3)
  })

  it('gives up after four tries and says so', async () => {
    const { url, seen } = await serve((_, response) => response.writeHead(503).end())
    await expect(client().get(url)).rejects.toMatchObject({
      code: 'E-NET-STATUS',
      message: expect.stringMatching(/503.*4 tries/),
    })
    expect(seen.length).toBe(4)
  })

  it.each([400, 401, 403, 404, 410, 451])('does not try again after %i', async (status) => {
    const { url, seen } = await serve((_, response) => response.writeHead(status).end())
    await expect(client().get(url)).rejects.toMatchObject({ code: 'E-NET-STATUS' })
    expect(seen.length).toBe(1)
  })

  it('gives 404 back where that is an answer', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end())
    expect((await client().get(url, { allow404: true })).status).toBe(404)
  })

  it('waits as long as Retry-After says', async () => {
    const { url } = await serve((_, response, count) =>
      count === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : response.end('ok'),
    )
    const started = performance.now()
    await client().get(url)
    expect(performance.now() - started).toBeGreaterThan(950)
  })

  it('does not wait an hour because a server says so', async () => {
    const { url, seen } = await serve((_, response) =>
      response.writeHead(503, { 'retry-after': '3600' }).end(),
    )
    await expect(client().get(url)).rejects.toMatchObject({
      code: 'E-NET-STATUS',
      message: expect.stringContaining('asks to wait 3600 s'),
    })
    expect(seen.length).toBe(1)
  })

  it.each(['Wed, 21 Oct 2015 07:28:00 GMT', 'soon', '-5'])('takes Retry-After: %s as none', async (value) => {
    const { url } = await serve((_, response, count) =>
      count === 1 ? response.writeHead(503, { 'retry-after': value }).end() : response.end('ok'),
    )
    expect((await client().get(url)).body.toString()).toBe('ok')
  })

  it('tries again when the connection breaks, before and within the body', async () => {
    const { url, seen } = await serve((_, response, count) => {
      if (count === 1) response.socket!.destroy()
      else if (count === 2) {
        response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 10))
        setTimeout(() => response.socket!.destroy(), 10)
      } else response.end(bytes)
    })
    expect((await client().get(url)).body.equals(bytes)).toBe(true)
    expect(seen.length).toBe(3)
  })

  it('calls a body that always ends too early by its name', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 10))
      setTimeout(() => response.socket!.destroy(), 5)
    })
    await expect(client().get(url)).rejects.toMatchObject({ code: 'E-NET-TRUNC' })
  })

  it.each<[string, Handler]>([
    ['silence', () => undefined],
    ['a head that never ends its body', (_, response) => void response.writeHead(200).write('x')],
    [
      'a body of ten bytes a second',
      (_, response) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write('x'), 100)
        response.on('close', () => clearInterval(drip))
      },
    ],
    ['errors without end', (_, response) => void response.writeHead(500, { 'retry-after': '1' }).end()],
  ])('ends %s by the total deadline', async (_, handler) => {
    const { url } = await serve(handler)
    const started = performance.now()
    await expect(client({ deadlineMs: 600, retries: 100 }).get(url)).rejects.toMatchObject({
      code: expect.stringMatching(/^E-NET-(TIMEOUT|STATUS)$/),
    })
    expect(performance.now() - started).toBeLessThan(1_600)
  })

  it('names an address that nobody serves', async () => {
    const { url } = await serve(() => undefined)
    await closers.shift()!()
    await expect(client({ retries: 1 }).get(url)).rejects.toMatchObject({
      code: 'E-NET-CONNECT',
      hint: expect.stringContaining('--offline'),
    })
  })

  it('refuses to go to the network when offline', async () => {
    const { url, seen } = await serve((_, response) => response.end())
    await expect(client({ offline: true }).get(url)).rejects.toMatchObject({ code: 'E-NET-OFFLINE' })
    expect(seen.length).toBe(0)
  })

  it('does not try again once it is closed', async () => {
    const notes: string[] = []
    const { url } = await serve(() => undefined)
    const http = client({ backoffMs: 10, progress: { note: (message) => notes.push(message) } })
    const pending = http.get(url).catch((reason: unknown) => reason)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await http.close()
    expect(await pending).toMatchObject({ code: 'E-NET-CONNECT' })
    expect(notes).toEqual([])
  })

  it('keeps to its number of requests at once', async () => {
    let now = 0
    let most = 0
    const { url } = await serve((_, response) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now -= 1
        response.end()
      }, 20)
    })
    const http = client({ concurrency: 3 })
    await Promise.all(Array.from({ length: 12 }, (_, index) => http.get(`${url}/${index}`)))
    expect(most).toBe(3)
  })
})

describe('ranges', () => {
  const ranged: Handler = (request, response) => {
    const found = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')!
    const start = found[1] === '' ? bytes.length - Number(found[2]) : Number(found[1])
    const end = found[1] === '' ? bytes.length - 1 : Number(found[2])
    response
      .writeHead(206, { 'content-range': `bytes ${start}-${end}/${bytes.length}` })
      .end(bytes.subarray(start, end + 1))
  }

  it.each([
    [{ start: 10, end: 19 }, bytes.subarray(10, 20)],
    [{ suffix: 7 }, bytes.subarray(-7)],
  ])('gives the part %j', async (range, expected) => {
    const { url } = await serve(ranged)
    const answer = await client().get(url, { range })
    expect(answer.status).toBe(206)
    expect(answer.body.equals(expected)).toBe(true)
  })

  it('gives the whole file where the server has no ranges', async () => {
    const { url } = await serve((_, response) => response.end(bytes))
    const answer = await client().get(url, { range: { suffix: 7 } })
    expect([answer.status, answer.body.length]).toEqual([200, bytes.length])
  })

  it.each([
    ['another place', 'bytes 11-20/10000', 10],
    ['fewer bytes', 'bytes 10-19/10000', 9],
    ['no place', undefined, 10],
  ])('refuses a part with %s', async (_, contentRange, length) => {
    const { url } = await serve((__, response) =>
      response
        .writeHead(206, contentRange === undefined ? {} : { 'content-range': contentRange })
        .end(bytes.subarray(10, 10 + length)),
    )
    await expect(client({ retries: 0 }).get(url, { range: { start: 10, end: 19 } })).rejects.toMatchObject({
      code: 'E-NET-TRUNC',
    })
  })
})

describe('redirects', () => {
  it('are followed, relative ones too', async () => {
    const { url } = await serve((request, response) =>
      request.url === '/a' ? response.writeHead(302, { location: 'b' }).end() : response.end(request.url),
    )
    const answer = await client().get(`${url}/a`)
    expect([answer.body.toString(), answer.url]).toEqual(['/b', `${url}/b`])
  })

  it.each([
    ['in a loop', (_: IncomingMessage, url: string) => url],
    ['without end', (request: IncomingMessage) => `${request.url}x`],
    ['to a file', () => 'file:///etc/passwd'],
    ['to data', () => 'data:text/plain,x'],
    ['to nowhere', () => 'http://'],
  ])('%s are refused', async (_, target) => {
    const { url, seen } = await serve((request, response) =>
      response.writeHead(302, { location: target(request, url) }).end(),
    )
    await expect(client().get(`${url}/a`)).rejects.toMatchObject({ code: 'E-NET-REDIRECT' })
    expect(seen.length).toBeLessThanOrEqual(6)
  })

  it('carry no login and no own header to another origin', async () => {
    const other = await serve((_, response) => response.end('there'))
    const first = await serve((_, response) => response.writeHead(302, { location: `${other.url}/x` }).end())
    const withLogin = first.url.replace('//', '//user:secret@')
    await client().get(withLogin, {
      headers: { 'x-api-key': 'secret', cookie: 'secret', accept: 'text/html' },
    })
    expect(first.seen[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from('user:secret').toString('base64')}`,
    )
    const { authorization, cookie, accept, 'x-api-key': key } = other.seen[0]!.headers
    expect([authorization, cookie, key, accept]).toEqual([undefined, undefined, undefined, 'text/html'])
  })
})

describe('logins', () => {
  const authorized = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  it('of an index URL are used for the other URLs of its origin', async () => {
    const { url, seen } = await serve((_, response) => response.end())
    const http = client()
    await http.get(`${url.replace('//', '//me:p%40ss@')}/simple/`)
    await http.get(`${url}/files/x`)
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      authorized('me', 'p@ss'),
      authorized('me', 'p@ss'),
    ])
  })

  it('come from netrc by the real host, not by what stands before an @', async () => {
    await tempDir('svcsplit-netrc-', async (folder) => {
      await writeAtomic(
        `${folder}/netrc`,
        'machine 127.0.0.1 login me password pass\nmachine trusted login you password no\n',
      )
      const { url, seen } = await serve((_, response) => response.end())
      const http = client({ environment: { NETRC: `${folder}/netrc` } })
      await http.get(url)
      await http.get(url.replace('//', '//trusted:x@'))
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([
        authorized('me', 'pass'),
        authorized('trusted', 'x'),
      ])
    })
  })

  it('are never shown in a message', async () => {
    const { url } = await serve((_, response) => response.writeHead(403).end())
    const secret = `${url.replace('//', '//user:hunter2@')}/a?token=hunter3#hunter4`
    const error = (await client()
      .get(secret)
      .catch((reason: Error) => reason)) as Error
    expect(error.message).toContain('/a')
    expect(JSON.stringify([error.message, String(error)])).not.toMatch(/hunter/)
  })
})

describe('the environment', () => {
  it('names a proxy that requests go through, with its login', async () => {
    const proxy = await serve((request, response) => response.end(`proxied ${request.url}`))
    const environment = { http_proxy: proxy.url.replace('//', '//p:q@') }
    const answer = await client({ environment }).get('http://index.example/simple/')
    expect(answer.body.toString()).toBe('proxied http://index.example/simple/')
    expect(proxy.seen[0]!.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('p:q').toString('base64')}`,
    )
  })

  it.each([
    ['index.example'],
    ['.example'],
    ['127.0.0.0/8'],
    ['*'],
  ])('exempts what no_proxy=%s names', async (noProxy) => {
    const { url } = await serve((_, response) => response.end('direct'))
    const { proxyFor } = await import('#io/proxy.js')
    const environment = { HTTP_PROXY: 'http://proxy.example:3128', no_proxy: noProxy }
    const target = noProxy.startsWith('127') ? new URL(url) : new URL('http://index.example/')
    expect(proxyFor(target, environment)).toBeUndefined()
    expect(proxyFor(new URL('http://else.where/'), environment)?.host).toBe(
      noProxy === '*' ? undefined : 'proxy.example:3128',
    )
  })

  it.each([
    'ftp://proxy.example',
    'http://',
    'socks5://proxy.example',
  ])('refuses the proxy %s by name', async (proxy) => {
    await expect(
      client({ environment: { http_proxy: proxy } }).get('http://index.example/'),
    ).rejects.toMatchObject({
      code: 'E-NET-CONNECT',
      message: expect.stringContaining('http_proxy'),
    })
  })

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['no PEM', 'hello'],
  ])('never falls back from a certificate bundle that is %s', async (_, content) => {
    await tempDir('svcsplit-ca-', async (folder) => {
      const path = `${folder}/ca.pem`
      if (content !== undefined) await writeAtomic(path, content)
      const { url, seen } = await serve((__, response) => response.end())
      await expect(client({ environment: { SSL_CERT_FILE: path } }).get(url)).rejects.toMatchObject({
        code: 'E-NET-TLS',
        message: expect.stringContaining(path),
      })
      expect(seen.length).toBe(0)
    })
  })
})

describe('download', () => {
  it('puts the file into the store under its digest, once', async () => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const { url, seen } = await serve((_, response) => response.end(bytes))
      const store = openBlobStore(folder)
      const http = client()
      const expected = { sha256, size: bytes.length }
      const path = await http.download(`${url}/f.whl`, expected, store)
      expect(path).toBe(`${folder}/sha256/${sha256}`)
      expect(await readText(path)).toBe(bytes.toString())
      await http.download(`${url}/f.whl`, expected, store)
      expect(seen.length).toBe(1)
    })
  })

  it.each([
    ['another file', Buffer.from('9'.repeat(bytes.length))],
    ['a longer file', Buffer.concat([bytes, bytes])],
    ['a shorter file', bytes.subarray(1)],
  ])('refuses %s without trying again, and keeps nothing', async (_, served) => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const { url, seen } = await serve((__, response) => response.end(served))
      const download = client().download(
        `${url}/f.whl`,
        { sha256, size: bytes.length },
        openBlobStore(folder),
      )
      await expect(download).rejects.toMatchObject({
        code: 'E-IDX-HASH',
        message: expect.stringContaining('/f.whl'),
      })
      expect(seen.length).toBe(1)
      expect(await listAll(`${folder}/sha256`)).toEqual([])
    })
  })

  it('starts again when the body breaks off', async () => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const { url, seen } = await serve((_, response, count) => {
        if (count === 2) response.end(bytes)
        else {
          response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100))
          setTimeout(() => response.socket!.destroy(), 5)
        }
      })
      await client().download(url, { sha256 }, openBlobStore(folder))
      expect(seen.length).toBe(2)
      expect(await listAll(`${folder}/sha256`)).toEqual([sha256])
    })
  })

  it('fetches a file anew whose stored copy was cut off', async () => {
    await tempDir('svcsplit-dl-', async (folder) => {
      await writeAtomic(`${folder}/sha256/${sha256}`, bytes.subarray(0, 10))
      const { url } = await serve((_, response) => response.end(bytes))
      const path = await client().download(url, { sha256, size: bytes.length }, openBlobStore(folder))
      expect((await readText(path)).length).toBe(bytes.length)
    })
  })

  it('refuses what is no digest as it refuses everything else', async () => {
    const download = client().download('http://127.0.0.1:9/f', { sha256: 'abc' }, openBlobStore('/nowhere'))
    await expect(download).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })

  it('makes nothing with --offline, and gives what is there', async () => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const http = client({ offline: true })
      const store = openBlobStore(`${folder}/store`)
      const address = 'http://127.0.0.1:9/f.whl'
      for (const from of [address, async () => address])
        await expect(http.download(from, { sha256 }, store)).rejects.toMatchObject({ code: 'E-NET-OFFLINE' })
      expect(await listAll(folder)).toEqual([])
      const { path } = await store.put(bytes)
      expect(await http.download(address, { sha256 }, store)).toBe(path)
    })
  })

  it.each([
    ['download', true],
    ['client', false],
  ])('says that it waits for another process by the progress of the %s', async (_, isGiven) => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const { url, seen } = await serve((_request, response) => setTimeout(() => response.end(bytes), 50))
      const store = openBlobStore(folder)
      const steps: string[] = []
      const progress = { step: (label: string) => void steps.push(label) }
      const fetched = () =>
        isGiven
          ? client().download(url, { sha256 }, store, progress)
          : client({ progress }).download(url, { sha256 }, store)
      await Promise.all([client().download(url, { sha256 }, store), fetched(), fetched()])
      expect(seen.length).toBe(1)
      expect(steps).toContain('wait for another process that fetches the same file')
    })
  })

  it('ends a drip by its deadline and leaves nothing behind', async () => {
    await tempDir('svcsplit-dl-', async (folder) => {
      const { url } = await serve((_, response) => {
        response.writeHead(200, { 'content-length': bytes.length })
        const drip = setInterval(() => response.write('0'), 50)
        response.on('close', () => clearInterval(drip))
      })
      const http = client({ downloadDeadlineMs: 400 })
      await expect(http.download(url, { sha256 }, openBlobStore(folder))).rejects.toMatchObject({
        code: 'E-NET-TIMEOUT',
      })
      expect(await listAll(`${folder}/sha256`)).toEqual([])
    })
  })
})

/** Unfinished writes too. */
async function listAll(folder: string): Promise<readonly string[]> {
  const { readdir } = await import('node:fs/promises')
  return (await exists(folder)) ? (await readdir(folder)).sort() : []
}
