import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isLoopback } from '#io/loopback.js'
import { parseChallenges } from '#registry/challenge.js'
import { realmRefusal } from '#registry/endpoint.js'
import type { TestRegistry } from '../support/oci-registry.js'
import {
  client,
  failureOf,
  loginFile,
  registryServer,
  type TestImage,
  tempFolder,
  testImage,
} from './fixture.js'

const repository = 'openstack/glance'
const secret = 'seed-4711'
const login = { user: 'ci', password: secret }

function push(server: TestRegistry, image: TestImage, environment: Record<string, string> = {}) {
  const to = { registry: server.host, repository, tag: '1' }
  return client({ environment }).push(image.source, image.root, to)
}

describe('a WWW-Authenticate field', () => {
  it.each([
    [
      'Bearer realm="https://a.example/t",service="r",scope="repository:x:pull,push"',
      'bearer',
      'repository:x:pull,push',
    ],
    ['Basic realm="a, b", Bearer realm="https://a.example/t",scope="x y"', 'bearer', 'x y'],
    ['bearer realm=https://a.example/t , scope="a\\"b"', 'bearer', 'a"b'],
  ])('is read as it is meant: %s', (field, scheme, scope) => {
    const found = parseChallenges(field).find((challenge) => challenge.scheme === scheme)
    expect(found?.parameters.get('scope')).toBe(scope)
  })

  it.each([
    '',
    ',,,',
    '="',
    'Bearer realm="unterminated',
    '\u0000',
  ])('that is damaged gives nothing: %j', (field) => {
    expect(parseChallenges(field).some(({ parameters }) => parameters.size > 0)).toBe(false)
  })
})

describe('a login is sent', () => {
  it('to a registry that wants it, and never in the first request', async () => {
    const server = await registryServer({ auth: 'basic', ...login })
    await push(server, await testImage([500]), await loginFile(server.host, login.user, login.password))
    expect(server.log[0]?.authorization).toBeUndefined()
    expect(server.log.filter(({ status }) => status === 401).length).toBe(1)
  })

  it('to the token server alone; the registry sees tokens', async () => {
    const server = await registryServer({ auth: 'token', ...login })
    await push(server, await testImage([500, 700]), await loginFile(server.host, login.user, login.password))
    const seen = server.log
      .filter(({ url }) => url.startsWith('/v2/'))
      .map(({ authorization }) => authorization)
    expect(seen.some((header) => header?.startsWith('Bearer '))).toBe(true)
    expect(seen.some((header) => header?.startsWith('Basic '))).toBe(false)
    expect(server.tokenRequests[0]?.searchParams.get('service')).toBe('test-registry')
  })

  it('not at all where tokens are given to everybody', async () => {
    const server = await registryServer({ auth: 'token' })
    await push(server, await testImage([500]))
    expect(server.requests('GET', /^\/token/).every(({ authorization }) => authorization === undefined)).toBe(
      true,
    )
  })

  it('once for many requests at the same time', async () => {
    const server = await registryServer({ auth: 'token', ...login })
    const image = await testImage([500, 600, 700, 800, 900, 1000])
    await push(server, image, await loginFile(server.host, login.user, login.password))
    expect(server.tokenRequests.length).toBe(1)
  })

  it('again when a token ends in the middle of a push', async () => {
    const server = await registryServer({ auth: 'token', ...login, tokenUses: 3 })
    const image = await testImage([500, 600, 700])
    const environment = await loginFile(server.host, login.user, login.password)
    const to = { registry: server.host, repository, tag: '1' }
    // one after the other: a token that ends by use could end between two that share it
    await client({ environment }).push(image.source, image.root, to, { jobs: 1 })
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
    expect(server.tokenRequests.length).toBeGreaterThan(3)
  })

  it('as an identity token by POST, where docker keeps one', async () => {
    const server = await registryServer({ auth: 'token', ...login })
    const dir = tempFolder()
    const auths = { [server.host]: { auth: Buffer.from('ci:').toString('base64'), identitytoken: secret } }
    await writeFile(join(dir, 'config.json'), JSON.stringify({ auths }))
    await push(server, await testImage([500]), { DOCKER_CONFIG: dir })
    expect(server.requests('POST', /^\/token/).length).toBeGreaterThan(0)
    expect(server.log.some(({ url }) => url.includes(secret))).toBe(false)
  })
})

describe('a registry is refused', () => {
  it('that wants a login when none is known, with the way to get one', async () => {
    const server = await registryServer({ auth: 'basic', ...login })
    const failure = await failureOf(push(server, await testImage([500])))
    expect(failure.code).toBe('E-REG-AUTH')
    expect(failure.text).toContain(`login ${server.host}`)
  })

  it.each([
    'basic',
    'token',
  ] as const)('that does not take the login (%s), which is never shown', async (auth) => {
    const server = await registryServer({ auth, ...login, password: 'another' })
    const environment = await loginFile(server.host, login.user, secret)
    const failure = await failureOf(push(server, await testImage([500]), environment))
    expect(failure.code).toBe('E-REG-AUTH')
    expect(failure.text).not.toContain(secret)
  })

  it('that says 401 to the token it has just given', async () => {
    const server = await registryServer({ auth: 'token', ...login, tokenUses: 0 })
    const environment = await loginFile(server.host, login.user, secret)
    const failure = await failureOf(push(server, await testImage([500]), environment))
    expect(failure.code).toBe('E-REG-AUTH')
    // a token that is a moment old and refused says it all
    expect(server.tokenRequests.length).toBe(1)
  })

  it('that says 401 and nothing else', async () => {
    const server = await registryServer()
    server.script({ path: /./, status: 401, times: 99 })
    const failure = await failureOf(push(server, await testImage([500])))
    expect(failure.code).toBe('E-REG-AUTH')
  })

  it('that sends logins to another machine in clear text: nothing goes there', async () => {
    const server = await registryServer({ auth: 'token', ...login, realm: 'http://tokens.example/token' })
    const environment = await loginFile(server.host, login.user, secret)
    const failure = await failureOf(push(server, await testImage([500]), environment))
    expect(failure.code).toBe('E-REG-AUTH')
    expect(failure.text).toContain('tokens.example')
  })

  it.each([
    ['another machine over https', 'https://r.example', 'https://t.example/token', true],
    ['itself over https', 'https://r.example', 'https://r.example/token', true],
    ['another machine in clear text', 'https://r.example', 'http://t.example/token', false],
    ['itself in clear text', 'https://r.example', 'http://r.example/token', false],
    ['this machine', 'https://r.example', 'https://localhost/token', false],
    ['this machine, from this machine', 'http://127.0.0.1:5000', 'http://127.0.0.1:5001/token', true],
    ['itself, allowed in clear text', 'http://r.example', 'http://r.example/token', true],
    ['another machine, itself in clear text', 'http://r.example', 'https://t.example/token', false],
    ['no http address', 'https://r.example', 'file:///etc/passwd', false],
    ['an address with a login', 'https://r.example', 'https://a:b@t.example/', false],
  ])('or not, by where it sends logins: %s', (_, registry, realm, taken) => {
    expect(realmRefusal(new URL(registry), new URL(realm)) === undefined).toBe(taken)
  })

  it('for a login in clear text beyond this machine', async () => {
    const server = await registryServer({ auth: 'basic', ...login })
    const image = await testImage([500])
    // the address of this machine by a name that is not known to stay on it: a proxy stands for the network
    const registry = client({
      plainHttp: true,
      environment: {
        ...(await loginFile('registry.example', 'ci', secret)),
        http_proxy: `http://${server.host}`,
      },
    })
    const to = { registry: 'registry.example', repository, tag: '1' }
    server.script({ path: /./, status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, times: 9 })
    const failure = await failureOf(registry.push(image.source, image.root, to))
    expect(failure.code).toBe('E-REG-INSECURE')
    expect(server.log.every(({ authorization }) => authorization === undefined)).toBe(true)
  })
})

describe('loopback', () => {
  it('is never reached through a proxy, which would see the login', async () => {
    const server = await registryServer({ auth: 'basic', ...login })
    const proxy = await registryServer()
    const environment = {
      ...(await loginFile(server.host, login.user, login.password)),
      http_proxy: `http://${proxy.host}`,
      ALL_PROXY: `http://${proxy.host}`,
    }
    await push(server, await testImage([500]), environment)
    expect(proxy.log).toEqual([])
  })

  it.each([
    ['localhost', true],
    ['a.localhost', true],
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['[::1]', true],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
    ['10.0.0.1', false],
    ['[::2]', false],
  ])('is told from other hosts: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

describe('logins are found', () => {
  const image = testImage
  const auth = Buffer.from(`ci:${secret}`).toString('base64')

  async function home(files: Record<string, unknown>): Promise<Record<string, string>> {
    const dir = tempFolder()
    for (const [path, value] of Object.entries(files)) {
      await mkdir(join(dir, path, '..'), { recursive: true })
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      await writeFile(join(dir, path), text, { mode: path.startsWith('bin/') ? 0o755 : 0o600 })
    }
    return { HOME: dir, PATH: `${join(dir, 'bin')}:${process.env.PATH}` }
  }

  const helper = `#!/bin/sh\ntest "$1" = get || exit 2\nread -r host || :\nprintf '{"ServerURL":"%s","Username":"ci","Secret":"${secret}"}' "$host"\n`

  it.each<[string, (host: string) => Promise<Record<string, string>>]>([
    ["docker's file at home", (host) => home({ '.docker/config.json': { auths: { [host]: { auth } } } })],
    [
      "docker's file, by address",
      (host) => home({ '.docker/config.json': { auths: { [`https://${host}/v2/`]: { auth } } } }),
    ],
    [
      "podman's file at home",
      (host) => home({ '.config/containers/auth.json': { auths: { [host]: { auth } } } }),
    ],
    [
      "podman's file, by path",
      (host) =>
        home({
          '.config/containers/auth.json': {
            auths: { [host]: { auth: 'YTpi' }, [`${host}/openstack`]: { auth } },
          },
        }),
    ],
    [
      'REGISTRY_AUTH_FILE before all others',
      async (host) => {
        const environment = await home({
          'my.json': { auths: { [host]: { auth } } },
          '.docker/config.json': { auths: { [host]: { auth: 'YTpi' } } },
        })
        return { ...environment, REGISTRY_AUTH_FILE: join(environment.HOME!, 'my.json') }
      },
    ],
    [
      'the helper of the host',
      (host) =>
        home({
          '.docker/config.json': { credHelpers: { [host]: 'own' }, auths: { [host]: { auth: 'YTpi' } } },
          'bin/docker-credential-own': helper,
        }),
    ],
    [
      'the helper for all hosts',
      () => home({ '.docker/config.json': { credsStore: 'all' }, 'bin/docker-credential-all': helper }),
    ],
    [
      'a later file when a helper knows nothing',
      (host) =>
        home({
          '.config/containers/auth.json': { credsStore: 'none' },
          'bin/docker-credential-none':
            '#!/bin/sh\necho "credentials not found in native keychain"; exit 1\n',
          '.docker/config.json': { auths: { [host]: { auth } } },
        }),
    ],
  ])('in %s', async (_, make) => {
    const server = await registryServer({ auth: 'basic', ...login })
    await push(server, await image([500]), await make(server.host))
    expect(server.tags.get(repository)?.has('1')).toBe(true)
  })

  it.each<[string, (host: string) => Promise<Record<string, string>>, string, string]>([
    [
      'a file that is no JSON',
      () => home({ '.docker/config.json': `{"auths": ${secret}` }),
      'E-REG-CONFIG',
      'not JSON',
    ],
    [
      'a helper with a path',
      (host) => home({ '.docker/config.json': { credHelpers: { [host]: '../../evil' } } }),
      'E-REG-CONFIG',
      'no program name',
    ],
    [
      'a helper that is missing',
      (host) => home({ '.docker/config.json': { credHelpers: { [host]: 'missing' } } }),
      'E-EXE-MISSING',
      'docker-credential-missing',
    ],
    [
      'a helper that fails with the secret on its lips',
      (host) =>
        home({
          '.docker/config.json': { credHelpers: { [host]: 'loud' } },
          'bin/docker-credential-loud': `#!/bin/sh\necho ${secret}; echo ${secret} >&2; exit 3\n`,
        }),
      'E-REG-AUTH',
      'docker-credential-loud',
    ],
  ])('and a fault is told without a secret: %s', async (_, make, code, words) => {
    const server = await registryServer({ auth: 'basic', ...login })
    const failure = await failureOf(push(server, await image([500]), await make(server.host)))
    expect(failure).toMatchObject({ code })
    expect(failure.text).toContain(words)
    expect(failure.text).not.toContain(secret)
  })
})
