import { gzipSync } from 'node:zlib'
import type { ErrorCode } from '#errors.js'
import { type Fault, indexWheel, metadataOf, type PackageIndexOptions } from '../support/package-index.js'
import type { Row } from './row.js'
import { seededSecret } from './sandbox.js'

const lib = indexWheel('lib', '1.0')
const json = 'application/vnd.pypi.simple.v1+json'
const page = (fields: object, file: object = {}): string =>
  JSON.stringify({
    meta: { 'api-version': '1.1' },
    name: 'lib',
    files: [
      { filename: 'lib-1.0-py3-none-any.whl', url: '/files/lib-1.0-py3-none-any.whl', hashes: {}, ...file },
    ],
    ...fields,
  })

const answer =
  (status: number, headers: Record<string, string>, body: string | Buffer = ''): Fault =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
    return true
  }

/** Asks an index that wants a login and bends one of its answers. */
function ask(
  id: string,
  given: string,
  [path, fault]: readonly [string, Fault],
  code: ErrorCode | undefined,
  more: Partial<Row> & { readonly files?: undefined; readonly options?: Partial<PackageIndexOptions> } = {},
): Row {
  const { options, ...rest } = more
  return {
    id,
    given,
    index: { files: [lib], login: `user:${seededSecret}`, ...options },
    indexFaults: (index) => index.fault(path, fault),
    args: ['resolve', '--index-url', '{index}', '--no-progress', 'lib'],
    exit: 4,
    ...(code === undefined ? {} : { code }),
    ...rest,
  }
}

const onPage = (fault: Fault): readonly [string, Fault] => ['/lib/', fault]
const gzipped = { 'content-type': json, 'content-encoding': 'gzip' }

/** What the index lists, in place of the file as it is. */
const listed = (id: string, given: string, body: string): Row =>
  ask(id, given, onPage(answer(200, { 'content-type': json }, body)), 'E-IDX-CONTENT')

/** What the index lists is passed over, and so there is no version. */
const passedOver = (id: string, given: string, body: string): Row =>
  ask(id, given, onPage(answer(200, { 'content-type': json }, body)), undefined, { exit: 1 })

export const indexRows: readonly Row[] = [
  ask(
    '63',
    'metadata that is not the one which was announced',
    ['.metadata', answer(200, {}, metadataOf('lib', '1.0', { requires: ['evil'] }))],
    'E-IDX-HASH',
    { options: { coreMetadata: true } },
  ),
  ask('103 404', 'a distribution that the index does not have', onPage(answer(404, {}, 'no')), undefined, {
    exit: 1,
  }),
  ask('103 403', 'an index that refuses', onPage(answer(403, {}, 'no')), 'E-NET-STATUS'),
  ask('103 451', 'an index that may not answer', onPage(answer(451, {}, 'no')), 'E-NET-STATUS'),
  ask(
    '103 problem',
    'a refusal that explains itself, with an escape sequence',
    onPage(
      answer(
        403,
        { 'content-type': 'application/problem+json' },
        JSON.stringify({ title: 'blocked \u001b[2J', detail: '::error::by policy' }),
      ),
    ),
    'E-NET-STATUS',
  ),
  ask(
    '104 late',
    'an index that asks to wait for an hour',
    onPage(answer(429, { 'retry-after': '3600' })),
    'E-NET-STATUS',
  ),
  ask(
    '104 past',
    'an index that asks to wait until yesterday',
    onPage(answer(429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' })),
    'E-NET-STATUS',
    { seconds: 10, long: true },
  ),
  ask('105 500', 'an index that fails each time', onPage(answer(500, {}, 'oops')), 'E-NET-STATUS', {
    seconds: 10,
    long: true,
    says: 'tries',
  }),
  ask(
    '105 reset',
    'an index that closes the connection',
    onPage((request) => {
      request.socket.destroy()
      return true
    }),
    'E-NET-CONNECT',
    { seconds: 10, long: true },
  ),
  ask(
    '102',
    'an answer that is cut off',
    onPage((_, response) => {
      response.writeHead(200, { 'content-type': json, 'content-length': 500 })
      response.write('{"files":[')
      response.socket?.destroySoon()
      return true
    }),
    'E-NET-TRUNC',
    { seconds: 10, long: true },
  ),
  ask(
    '107 loop',
    'a redirect to itself',
    onPage(answer(302, { location: '/simple/lib/' })),
    'E-NET-REDIRECT',
  ),
  ask(
    '107 file',
    'a redirect to a file',
    onPage(answer(302, { location: 'file:///etc/passwd' })),
    'E-NET-REDIRECT',
  ),
  ask(
    '107 data',
    'a redirect to data',
    onPage(answer(302, { location: 'data:text/html,<a>' })),
    'E-NET-REDIRECT',
  ),
  ask(
    '109',
    'a redirect whose address has a login',
    onPage(answer(302, { location: `http://evil:${seededSecret}@127.0.0.1:1/` })),
    'E-NET-CONNECT',
    { seconds: 10, long: true },
  ),
  ask(
    '111 login',
    'a login page',
    onPage(
      answer(
        200,
        { 'content-type': 'text/html' },
        '<html><form action="/login"><input name="user"></form></html>',
      ),
    ),
    'E-IDX-CONTENT',
    { says: 'login' },
  ),
  ask(
    '111 type',
    'something that is no page',
    onPage(answer(200, { 'content-type': 'application/zip' }, 'PK')),
    'E-IDX-CONTENT',
  ),
  ask('111 empty', 'an empty answer', onPage(answer(200, { 'content-type': 'text/html' })), 'E-IDX-CONTENT'),
  ask(
    '111 cut',
    'JSON that breaks off',
    onPage(answer(200, { 'content-type': json }, '{"files":[')),
    'E-IDX-CONTENT',
  ),
  ask(
    '112 bomb',
    'two hundred megabytes in two hundred kilobytes',
    onPage((_, response) => {
      response.writeHead(200, gzipped).end(bomb())
      return true
    }),
    'E-NET-LIMIT',
    { seconds: 20, long: true },
  ),
  ask(
    '112 chain',
    'six encodings over one another',
    onPage(
      answer(200, { 'content-type': json, 'content-encoding': 'gzip, gzip, gzip, gzip, gzip, gzip' }, 'x'),
    ),
    'E-IDX-CONTENT',
  ),
  listed('113 version', 'a later version of the interface', page({ meta: { 'api-version': '2.0' } })),
  listed('113 files', 'files that are numbers', page({ files: [1] })),
  listed('115 name', 'the page of another project', page({ name: 'other' })),
  passedOver('115 file', 'a file of another project', page({}, { filename: 'other-1.0-py3-none-any.whl' })),
  passedOver('114 scheme', 'a file at a local path', page({}, { url: 'file:///etc/passwd' })),
  listed('113 deep', 'JSON of two hundred thousand lists', `{"files":${'['.repeat(200_000)}`),
  {
    id: '101',
    given: 'a wheel that is not the one of its hash',
    index: { files: [{ ...lib, sha256: '0'.repeat(64) }], ranges: false },
    args: ['resolve', '--index-url', '{index}', '--no-progress', 'lib'],
    exit: 4,
    code: 'E-IDX-HASH',
  },
  {
    id: '119 certificate',
    given: 'certificates that are not there',
    env: { SSL_CERT_FILE: '/nonexistent/ca.pem' },
    args: ['resolve', '--index-url', 'https://127.0.0.1:1/simple', '--no-progress', 'lib'],
    exit: 4,
    code: 'E-NET-TLS',
    at: '/nonexistent/ca.pem',
  },
  {
    id: '120 proxy',
    given: 'a proxy that is none',
    env: { HTTP_PROXY: 'ftp://proxy.example:21' },
    args: ['resolve', '--index-url', 'http://index.example/simple', '--no-progress', 'lib'],
    exit: 4,
    code: 'E-NET-CONNECT',
    says: 'HTTP_PROXY',
  },
  {
    id: '121',
    given: 'a host that does not exist',
    args: ['resolve', '--index-url', 'http://nowhere.invalid/simple', '--no-progress', 'lib'],
    exit: 4,
    code: 'E-NET-CONNECT',
    seconds: 20,
    long: true,
  },
  {
    id: 'index url',
    given: 'an index that is no address',
    args: ['resolve', '--index-url', 'index.example', '--no-progress', 'lib'],
    exit: 4,
    code: 'E-IDX-UNKNOWN',
  },
]

function bomb(): Buffer {
  return gzipSync(Buffer.alloc(200 * 1024 ** 2))
}
