import type { ErrorCode } from '#errors.js'
import type { Fault } from '../support/oci-registry.js'
import { layout } from './base-image.js'
import type { Row } from './row.js'
import { seededSecret } from './sandbox.js'

const login = (host: string): string =>
  JSON.stringify({ auths: { [host]: { auth: Buffer.from(`user:${seededSecret}`).toString('base64') } } })

function push(
  id: string,
  given: string,
  faults: readonly Fault[],
  code: ErrorCode,
  more: Partial<Row> = {},
): Row {
  return {
    id,
    given,
    files: { image: layout(), 'docker/config.json': login('{registry}') },
    env: { DOCKER_CONFIG: '{dir}/docker' },
    registry: {},
    registryFaults: faults,
    args: ['push', 'oci:image', 'registry:{registry}/cloud/glance:1', '--no-progress'],
    exit: 4,
    code,
    ...more,
  }
}

const refusal = (code: string): string => JSON.stringify({ errors: [{ code, message: 'no' }] })
const always = 100
const digest = `sha256:${'1'.repeat(64)}`
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 },
  layers: [],
}
const otherManifest = {
  'docker-content-digest': digest,
  'content-type': manifest.mediaType,
  'content-length': '2',
}

export const registryRows: readonly Row[] = [
  push('122 refused', 'a registry that refuses the login', [], 'E-REG-AUTH', {
    registry: { auth: 'basic', user: 'user', password: 'another' },
  }),
  push('122 realm', 'a registry that sends the login to another host', [], 'E-REG-AUTH', {
    registry: { auth: 'token', user: 'user', password: seededSecret, realm: 'http://evil.example/token' },
  }),
  push('122 config', 'a file of logins that is not JSON', [], 'E-REG-CONFIG', {
    files: { image: layout(), 'docker/config.json': `{"auths": "${seededSecret}` },
    registry: { auth: 'basic', user: 'user', password: 'another' },
    exit: 2,
  }),
  push('122 base64', 'a login that is not in base 64', [], 'E-REG-CONFIG', {
    files: { image: layout(), 'docker/config.json': '{"auths": {"{registry}": {"auth": "%%%"}}}' },
    registry: { auth: 'basic', user: 'user', password: 'another' },
    exit: 2,
  }),
  push(
    '123 location',
    'a registry that does not say where to upload to',
    [{ method: 'POST', path: /uploads/, times: always, rewrite: { location: null } }],
    'E-REG-UPLOAD',
    { long: true, seconds: 20 },
  ),
  push(
    '123 host',
    'a registry that sends uploads to another scheme',
    [{ method: 'POST', path: /uploads/, times: always, rewrite: { location: 'file:///tmp/x' } }],
    'E-REG-UPLOAD',
    { long: true, seconds: 20 },
  ),
  push(
    '124',
    'a registry that fails each time',
    [{ path: /manifests/, times: always, status: 503 }],
    'E-REG-STATUS',
    { long: true, seconds: 30 },
  ),
  push(
    '125',
    'a registry that names another digest than that of the manifest',
    [
      {
        method: 'PUT',
        path: /manifests/,
        times: always,
        rewrite: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
      },
    ],
    'E-REG-DIGEST',
  ),
  push(
    '126 name',
    'a name that the registry does not take',
    [{ path: /./, times: always, status: 400, body: refusal('NAME_INVALID') }],
    'E-REG-STATUS',
  ),
  push(
    '126 quota',
    'a registry without room',
    [{ method: 'POST', path: /uploads/, times: always, status: 413, body: refusal('QUOTA') }],
    'E-REG-UPLOAD',
  ),
  push(
    '127',
    'a tag that may not move',
    [
      { method: 'PUT', path: /manifests\/1$/, times: always, status: 409, body: refusal('TAG_IMMUTABLE') },
      { method: 'HEAD', path: /manifests\/1$/, times: always, status: 200, headers: otherManifest },
    ],
    'E-REG-IMMUTABLE',
  ),
  push(
    '128',
    'a tag that names something else than what was pushed',
    [
      {
        method: 'GET',
        path: /manifests\/1$/,
        times: always,
        status: 200,
        headers: { 'content-type': manifest.mediaType },
        body: JSON.stringify(manifest),
      },
    ],
    'E-REG-VERIFY',
  ),
  push('126 unknown', 'an image that the registry does not have', [], 'E-REG-UNKNOWN', {
    args: ['copy', 'registry:{registry}/cloud/nova:1', 'oci:out', '--no-progress'],
  }),
  push(
    '96 content',
    'a manifest of a type that is no image',
    [
      {
        path: /manifests/,
        times: always,
        status: 200,
        headers: { 'content-type': 'application/vnd.example.chart' },
        body: '{}',
      },
    ],
    'E-REG-CONTENT',
    {
      args: ['copy', 'registry:{registry}/cloud/nova:1', 'oci:out', '--no-progress'],
    },
  ),
  push(
    '107',
    'a registry that redirects to a file',
    [{ path: /manifests/, times: always, status: 307, headers: { location: 'file:///etc/passwd' } }],
    'E-NET-REDIRECT',
    {
      args: ['copy', 'registry:{registry}/cloud/nova:1', 'oci:out', '--no-progress'],
    },
  ),
]
