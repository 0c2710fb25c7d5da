import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRegistry, type TestRegistry } from '../support/oci-registry.js'
import { keepRows } from '../support/reliability.js'
import { formsOf, secretsBelow, secretsIn } from '../support/seeds.js'
import { isBuilt, runCommand, type SmallTool, smallTool } from '../support/small-tool.js'
import { writeWheel } from '../support/wheel-writer.js'

/** One secret for each place where one may stand, with characters that URLs, JSON and base64 write in other ways. */
const places = [
  'url',
  'variable',
  'pip.conf',
  'netrc',
  'proxy',
  'registry',
  'environment',
  'requirement',
] as const
type Place = (typeof places)[number]
const secret = (place: Place): string => `s33d+${place}/"=%7E&9f2c4d`
const inUrl = (place: Place): string => encodeURIComponent(secret(place))

let tool: SmallTool
let registry: TestRegistry
let privateKey = ''
const said: string[] = []
const path = (name: string): string => tool.world.path(name)
const login = (place: Place, url = tool.world.index.url): string => url.replace('//', `//me:${inUrl(place)}@`)

beforeAll(async () => {
  if (!isBuilt) return
  tool = await smallTool()
  registry = await startRegistry({ auth: 'token', user: 'me', password: secret('registry') })
  const logins = new Set(
    places.map((place) => `Basic ${Buffer.from(`me:${secret(place)}`).toString('base64')}`),
  )
  tool.world.index.fault('', (request, response) => {
    if (logins.has(request.headers.authorization ?? '')) return false
    response.writeHead(401).end()
    return true
  })
  servePip()
  for (const name of ['given', 'out']) mkdirSync(path(name))
  const given = (name: string, text: string): void => writeFileSync(path(`given/${name}`), text)
  given('pip.conf', `[global]\nindex-url = ${login('pip.conf')}\n`)
  given('netrc', `machine 127.0.0.1 login me password "${secret('netrc').replace(/["\\]/g, '\\$&')}"\n`)
  const auth = Buffer.from(`me:${secret('registry')}`).toString('base64')
  given('auth.json', JSON.stringify({ auths: { [registry.host]: { auth } } }))
  privateKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  given('key.pem', privateKey)
  given('requirements.txt', 'alpha>=1\nbeta\n')
  given('pins.txt', 'alpha===1.0\nbeta===2.0\ncommon===1.1\nnative===0.9\nalone===5.0\n')
  const file = login('requirement', `${tool.world.index.origin}/files/common-1.1-py3-none-any.whl`)
  given('url.txt', `common @ ${file}\nbeta\n`)
  given('option.txt', `--index-url ${login('requirement')}\nalpha\n`)
  given('wrong.txt', `alpha @ ${login('requirement')} ; ; nonsense\n`)
})
afterAll(async () => {
  await registry?.close()
  await tool?.close()
})

/** What a Containerfile's context wants beside the wheels of its service. */
function servePip(): void {
  const { filename, bytes, sha256 } = writeWheel([{ name: 'pip/__init__.py', content: '' }], {
    name: 'pip',
    version: '25.0',
  })
  const wheels = [{ name: 'pip', version: '25.0', filename, sha256, size: bytes.length, requires: [] }]
  const table = JSON.stringify({ format: 1, wheels, exceptions: [] })
  writeFileSync(path('root/constraints/build-requirements.json'), table)
  const { index } = tool.world
  index.fault('/simple/pip/', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<a href="/files/${filename}#sha256=${sha256}">${filename}</a>`)
    return true
  })
  index.fault(`/${filename}`, (_, response) => {
    response.end(bytes)
    return true
  })
}

interface Told {
  readonly status: number | string
  readonly stderr: string
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Told> {
  const ended = await tool.run(args, {
    cwd: path('out'),
    env: {
      AWS_SECRET_ACCESS_KEY: secret('environment'),
      OS_PASSWORD: secret('environment'),
      REGISTRY_AUTH_FILE: path('given/auth.json'),
      ...env,
    },
  })
  said.push(ended.stdout, ended.stderr)
  return ended
}

async function works(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { status, stderr } = await run(args, env)
  expect([args.join(' '), status, status === 0 ? '' : stderr]).toEqual([args.join(' '), 0, ''])
}

async function fails(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { status, stderr } = await run([...args, '--debug'], env)
  expect(stderr).toMatch(/\bE-[A-Z]+-[A-Z]+\b/)
  expect([2, 4]).toContain(status)
}

function secrets(): ReadonlyMap<string, readonly string[]> {
  const tokens = registry.log.flatMap(({ authorization }) =>
    authorization?.startsWith('Bearer ') === true ? [authorization.slice('Bearer '.length)] : [],
  )
  return new Map([
    ...places.map((place) => [place, formsOf(secret(place))] as const),
    ['signing key', formsOf(privateKey.split('\n')[1]!)],
    ...tokens.map((token) => [`token ${token}`, formsOf(token)] as const),
  ])
}

/** On the services that the package has: the small ones do not say how they are upgraded. */
async function shipped(args: readonly string[]): Promise<void> {
  const program = join(import.meta.dirname, '../../dist/cli/svcsplit.cjs')
  const env = { ...tool.env, REGISTRY_AUTH_FILE: path('given/auth.json'), OS_PASSWORD: secret('environment') }
  const { status, stdout, stderr } = await runCommand([process.execPath, program, ...args], {
    cwd: path('out'),
    env,
  })
  said.push(stdout, stderr)
  expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
}

const build = (output: string, ...more: readonly string[]): readonly string[] => {
  const services = ['build', 'alpha@2025.1', 'beta@2025.1', '-o', output]
  return [...services, '--base', tool.world.base, '--no-verify', ...more]
}

describe.runIf(isBuilt)('every login that a command may meet', () => {
  const layout = (): string => `oci:${path('out/images')}`
  const image = (): string => `${layout()}:alpha:2025.1`
  const remote = (): string => `registry:${registry.host}/cloud/alpha:2025.1`

  it('is used by commands that succeed', async () => {
    const index = ['--index-url', login('url')]
    await works(['lock', 'alpha@2025.1', ...index])
    await works(build(layout(), '--write-lock'), { PIP_INDEX_URL: login('variable') })
    const images = `registry:${registry.host}/cloud/{service}:{release}`
    await works(build(images), {
      PIP_CONFIG_FILE: path('given/pip.conf'),
      SVCSPLIT_CACHE_DIR: path('cache-2'),
    })
    for (const kind of ['oci-archive', 'docker-archive'])
      await works(build(`${kind}:${path(`out/${kind}.tar`)}`, '--index-url', tool.world.index.url), {
        NETRC: path('given/netrc'),
        SVCSPLIT_CACHE_DIR: path('cache-3'),
      })
    await works(['attest', image(), '--sign', path('given/key.pem'), '--builder', 'https://ci.example/1'])
    await works(['attest', image(), '--sign', path('given/key.pem'), '-o', `files=${path('out/attest')}`])
    await works(['push', image(), `${remote()}-pushed`])
    await works(['copy', remote(), `oci:${path('out/copied')}:alpha`])
    await works(['retag', remote(), 'stable'])
    await works(['images', remote(), '--with', 'common'])
    await works(['dockerfile', 'alpha@2025.1', path('out/context'), '--base', tool.world.base, ...index])
    for (const release of ['2025.1', '2025.2'])
      await works(['push', image(), `registry:${registry.host}/cloud/glance:${release}`])
    for (const verb of [['plan'], ['export', 'compose']])
      await shipped([
        ...verb,
        'glance@2025.2',
        '--from',
        '2025.1',
        '--images',
        images.slice('registry:'.length),
      ])
    await run(['doctor', '-o', `json=${path('out/doctor.json')}`], { PIP_INDEX_URL: login('variable') })
    const outputs = ['json', 'html', 'sarif', 'markdown'].flatMap((kind) => [
      '-o',
      `${kind}=${path(`out/a.${kind}`)}`,
    ])
    const own = ['--requirements', path('given/requirements.txt'), '--constraints', path('given/pins.txt')]
    await run(['analyze', ...own, ...outputs, ...index, '--extra-index-url', login('variable')])
    await works(['resolve', ...index, 'alpha'])
    const chosen = ['-o', `json=${path('out/resolved.json')}`, ...index]
    await works(['resolve', '--allow-urls', '-r', path('given/url.txt'), ...chosen], {
      SVCSPLIT_CACHE_DIR: path('cache-5'),
    })
  }, 300_000)

  it('is in no error', async () => {
    const empty = { SVCSPLIT_CACHE_DIR: path('cache-4') }
    tool.world.index.fault('.whl', (_, response) => {
      response.writeHead(403).end()
      return true
    })
    await fails(build(`oci:${path('out/refused')}`, '--index-url', login('url')), empty)
    await fails(['lock', 'alpha@2025.1', '--index-url', login('url', 'http://127.0.0.1:1/simple')])
    await fails(['lock', 'alpha@2025.1', '--index-url', login('url', 'http://127.0.0.1:99999/simple')])
    await fails(['resolve', 'alpha', '--index-url', login('url', 'http://index.example/simple')], {
      http_proxy: login('proxy', 'http://127.0.0.1:1'),
    })
    await fails(['resolve', '-r', path('given/option.txt'), '--index-url', login('url')])
    await fails(['resolve', '-r', path('given/wrong.txt'), '--index-url', login('url')])
    registry.script({ path: /./, status: 500, times: 100 })
    await fails(['push', image(), `registry:${registry.host}/cloud/other:1`])
    await fails(['copy', `registry:me:${inUrl('registry')}@${registry.host}/cloud/alpha:1`, layout()])
  }, 300_000)

  it('is in no file, no layer, no document, no blob of the registry and no word', () => {
    const known = secrets()
    expect(known.size).toBeGreaterThan(places.length + 1)
    const { leaks, files } = secretsBelow(tool.world.dir, known, [path('given'), path('root/node_modules')])
    const sent = [...registry.blobs.values()].flatMap((blobs) => [...blobs.values()])
    const manifests = [...registry.manifests.values()].flatMap((all) =>
      [...all.values()].map(({ bytes }) => bytes),
    )
    const inRegistry = [...sent, ...manifests].flatMap((bytes) => secretsIn(bytes, known))
    const inWords = said.flatMap((text) => secretsIn(Buffer.from(text), known))
    expect({ leaks, inRegistry, inWords }).toEqual({ leaks: [], inRegistry: [], inWords: [] })
    expect(sent.length).toBeGreaterThan(5)
    keepRows('secrets', [
      {
        promise: 'P5',
        what: `logins in ${places.length} places, a signing key and ${known.size - places.length - 1} tokens: looked for in ${said.length / 2} commands' words, ${files} files with what is packed in them, ${sent.length + manifests.length} blobs of a registry`,
        tried: files + sent.length + manifests.length + said.length,
        injected: known.size,
        survived: known.size,
        losses: 0,
        longestMs: 0,
        command: 'npm run test:secrets',
      },
    ])
  })

  it('goes to nobody that it is not for', () => {
    const asked = tool.world.index.requests.flatMap(({ headers }) => headers.authorization ?? [])
    const forRegistry = Buffer.from(`me:${secret('registry')}`).toString('base64')
    expect(asked.filter((one) => one.includes(forRegistry) || one.startsWith('Bearer'))).toEqual([])
    const others = places
      .filter((place) => place !== 'registry')
      .flatMap((place) => formsOf(`me:${secret(place)}`))
    const atRegistry = registry.log.flatMap(({ authorization, url }) => [authorization ?? '', url])
    expect(atRegistry.filter((text) => others.some((form) => text.includes(form)))).toEqual([])
    for (const place of ['url', 'variable', 'pip.conf', 'netrc', 'requirement'] as const)
      expect(asked, place).toContain(`Basic ${Buffer.from(`me:${secret(place)}`).toString('base64')}`)
  })
})
