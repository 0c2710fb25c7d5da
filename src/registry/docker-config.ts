import { homedir } from 'node:os'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'
import { exists, readText } from '#io/files.js'

/** Who to be for one registry; never printed. */
export type RegistryLogin =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Changed for access tokens at the registry's token server (OAuth2 refresh token). */
  | { readonly kind: 'identity'; readonly token: string }
  /** Sent as it is. */
  | { readonly kind: 'bearer'; readonly token: string }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The login for a repository as docker, podman, buildah and skopeo find it: REGISTRY_AUTH_FILE, else
 * DOCKER_CONFIG/config.json, else the first file that knows the registry of podman's runtime file, podman's
 * configuration and docker's. In a file, a helper of the host goes before `auths`, and that before the general helper.
 * @throws E-REG-CONFIG, E-REG-AUTH
 */
export async function findLogin(
  registry: string,
  repository: string,
  environment: Environment,
): Promise<RegistryLogin | undefined> {
  for (const path of loginFiles(environment)) {
    const login = await loginIn(path, registry, repository, environment)
    if (login !== undefined) return login
  }
  return undefined
}

function loginFiles(environment: Environment): readonly string[] {
  const given = (name: string): string | undefined => environment[name] || undefined
  const named = given('REGISTRY_AUTH_FILE')
  if (named !== undefined) return [named]
  const docker = given('DOCKER_CONFIG')
  if (docker !== undefined) return [join(docker, 'config.json')]
  const home = given('HOME') ?? homedir()
  const runtime = given('XDG_RUNTIME_DIR')
  return [
    ...(runtime === undefined ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(given('XDG_CONFIG_HOME') ?? join(home, '.config'), 'containers', 'auth.json'),
    join(home, '.docker', 'config.json'),
  ]
}

async function loginIn(
  path: string,
  registry: string,
  repository: string,
  environment: Environment,
): Promise<RegistryLogin | undefined> {
  if (!(await exists(path))) return undefined
  let config: unknown
  try {
    config = JSON.parse(await readText(path, { maxBytes: 1024 * 1024 }))
  } catch (cause) {
    if (cause instanceof SvcsplitError && cause.code !== 'E-REQ-ENCODING') throw cause
    // the text of a JSON error quotes the file, and the file holds secrets
    throw malformed(path, 'is not JSON in UTF-8')
  }
  const helper = stringAt(fieldAt(config, 'credHelpers'), registry)
  if (helper !== undefined && helper !== '') return askHelper(helper, registry, environment, path)
  const auths = fieldAt(config, 'auths')
  for (const key of keysOf(registry, repository)) {
    const entry = fieldAt(auths, key)
    if (entry === undefined) continue
    const login = loginOfEntry(entry, path, key)
    if (login !== undefined) return login
  }
  const store = stringAt(config, 'credsStore')
  return store === undefined || store === '' ? undefined : askHelper(store, registry, environment, path)
}

/** Most particular first: podman keeps logins by path too; docker once wrote whole addresses. */
function keysOf(registry: string, repository: string): readonly string[] {
  const parts = repository.split('/')
  const paths = parts.map((_, index) => [registry, ...parts.slice(0, parts.length - index)].join('/'))
  return [
    ...paths,
    registry,
    ...['https://', 'http://'].flatMap((scheme) =>
      ['', '/', '/v1/', '/v2/'].map((end) => `${scheme}${registry}${end}`),
    ),
  ]
}

function loginOfEntry(entry: unknown, path: string, key: string): RegistryLogin | undefined {
  const identity = stringAt(entry, 'identitytoken')
  if (identity !== undefined && identity !== '') return { kind: 'identity', token: identity }
  const bearer = stringAt(entry, 'registrytoken')
  if (bearer !== undefined && bearer !== '') return { kind: 'bearer', token: bearer }
  const auth = stringAt(entry, 'auth')
  if (auth !== undefined && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const colon = text.indexOf(':')
    if (colon < 0) throw malformed(path, `has an "auth" for ${key} that is not USER:PASSWORD in base64`)
    return { kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  const user = stringAt(entry, 'username')
  const password = stringAt(entry, 'password')
  return user === undefined || password === undefined || user === ''
    ? undefined
    : { kind: 'password', user, password }
}

/** The protocol of docker's credential helpers: the registry on stdin, JSON on stdout. */
async function askHelper(
  helper: string,
  registry: string,
  environment: Environment,
  path: string,
): Promise<RegistryLogin | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(helper))
    throw malformed(path, `names a credential helper that is no program name: ${JSON.stringify(helper)}`)
  const program = `docker-credential-${helper}`
  let answer: unknown
  try {
    const { stdout } = await run(program, ['get'], {
      input: registry,
      env: environment,
      timeoutMs: 60_000,
      maxOutput: 1024 * 1024,
    })
    answer = JSON.parse(stdout)
  } catch (error) {
    if (error instanceof SvcsplitError && error.code === 'E-EXE-MISSING') throw error
    if (error instanceof Error && error.message.includes('credentials not found')) return undefined
    // what a helper prints may be the secret itself, so its words are not repeated
    throw new SvcsplitError('E-REG-AUTH', `${program} gives no login for ${registry}`, {
      at: { path },
      hint: `try it: echo ${registry} | ${program} get`,
    })
  }
  const user = stringAt(answer, 'Username') ?? ''
  const secret = stringAt(answer, 'Secret') ?? ''
  if (secret === '') return undefined
  return user === '<token>'
    ? { kind: 'identity', token: secret }
    : { kind: 'password', user, password: secret }
}

function fieldAt(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}

function stringAt(value: unknown, key: string): string | undefined {
  const field = fieldAt(value, key)
  return typeof field === 'string' ? field : undefined
}

function malformed(path: string, problem: string): SvcsplitError {
  return new SvcsplitError('E-REG-CONFIG', `${path} ${problem}`, {
    at: { path },
    hint: 'write it anew with "docker login", "podman login" or "skopeo login"',
  })
}
