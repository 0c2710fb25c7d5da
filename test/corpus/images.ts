import type { ErrorCode } from '#errors.js'
import { type LayoutShape, layout } from './base-image.js'
import { buildAnswer, buildArgs, buildRow, leastWheel } from './build-row.js'
import { lockOf } from './locks.js'
import type { Files, Row } from './row.js'

function onBase(
  id: string,
  given: string,
  shape: LayoutShape,
  code: ErrorCode,
  more: Partial<Row> = {},
): Row {
  return buildRow(
    id,
    given,
    {
      files: () => ({ base: layout(shape), 'pylock.toml': lockOf([leastWheel]) }),
      index: { files: [leastWheel] },
    },
    { ...buildAnswer(code), ...more },
  )
}

const absent = `sha256:${'0'.repeat(64)}`

function destination(id: string, given: string, output: string, code: ErrorCode, files: Files = {}): Row {
  return buildRow(
    id,
    given,
    {
      files: () => ({ 'pylock.toml': lockOf([leastWheel]), ...files }),
      index: { files: [leastWheel] },
    },
    { exit: 2, code, args: buildArgs('oci:base', output) },
  )
}

export const imageRows: readonly Row[] = [
  onBase(
    '95 absent',
    'a manifest that is not there',
    { descriptor: (d) => ({ ...d, digest: absent }) },
    'E-FS-NOTFOUND',
    { exit: 2 },
  ),
  onBase(
    '95 layer',
    'a layer that is not the one of its digest',
    { layerBytes: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]) },
    'E-IMG-DIGEST',
  ),
  onBase(
    '95 cut',
    'a layer that is cut off',
    { layerBytes: (bytes) => bytes.subarray(0, -5) },
    'E-IMG-DIGEST',
  ),
  onBase(
    '95 diff',
    'a layer that unpacks to something else than its config says',
    { config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [absent] } }) },
    'E-IMG-DIGEST',
  ),
  onBase(
    '96',
    'a manifest that is an index too',
    { manifest: (m) => ({ ...m, manifests: [] }) },
    'E-IMG-FORM',
  ),
  onBase(
    '96 type',
    'a manifest of another media type than its descriptor says',
    { manifest: (m) => ({ ...m, mediaType: 'application/vnd.oci.image.index.v1+json' }) },
    'E-IMG-FORM',
  ),
  onBase(
    '98 platform',
    'an image of another processor',
    {
      config: (c) => ({ ...c, architecture: 's390x' }),
      descriptor: (d) => ({ ...d, platform: { os: 'linux', architecture: 's390x' } }),
    },
    'E-IMG-BASE',
  ),
  onBase('98 python', 'a base whose Python is not the one of the lock', { python: '3.12' }, 'E-LCK-DIFFERS'),
  onBase(
    '98 glibc',
    'a base whose glibc is older than the lock wants',
    { status: 'Package: libc6\nStatus: install ok installed\nVersion: 2.31-9\n' },
    'E-LCK-DIFFERS',
  ),
  onBase(
    '100 config',
    'a config of sixty megabytes',
    { configBytes: Buffer.alloc(60_000_000, 0x20) },
    'E-FS-LIMIT',
    { exit: 2 },
  ),
  onBase(
    '100 layers',
    'ten thousand layers',
    { manifest: (m) => ({ ...m, layers: Array(10_000).fill((m.layers as unknown[])[0]) }) },
    'E-IMG-FORM',
  ),
  onBase(
    '100 foreign',
    'a layer that is to be had elsewhere',
    {
      manifest: (m) => ({
        ...m,
        layers: [
          {
            ...(m.layers as object[])[0],
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            urls: ['https://evil.example/l'],
          },
        ],
      }),
    },
    'E-IMG-BASE',
  ),
  onBase('96 index', 'an index that is not JSON', { indexBytes: Buffer.from('<html>') }, 'E-IMG-FORM'),
  onBase(
    '96 deep',
    'an index of lists, two hundred thousand deep',
    { indexBytes: Buffer.from(`{"a":${'['.repeat(200_000)}`) },
    'E-IMG-FORM',
  ),
  onBase(
    '96 marker',
    'a layout of a later version',
    { marker: '{"imageLayoutVersion":"2.0.0"}' },
    'E-IMG-BASE',
  ),
  onBase(
    '95 digest',
    'a digest that is a path',
    {
      manifest: (m) => ({ ...m, config: { ...(m.config as object), digest: 'sha256:../../../etc/passwd' } }),
    },
    'E-IMG-FORM',
  ),
  onBase('91 option', 'a base that looks like an option', {}, 'E-IMG-REF', {
    args: buildArgs().flatMap((one) =>
      one === '--base' ? [] : one === 'oci:base' ? ['--base=--evil'] : [one],
    ),
    exit: 2,
  }),
  onBase('91 line', 'a base with a line break', {}, 'E-IMG-REF', {
    args: buildArgs('registry:host.example/a\nb:1'),
    exit: 2,
  }),
  onBase('91 absent', 'a base that is not there', {}, 'E-IMG-BASE', {
    args: buildArgs('oci:nowhere'),
  }),
  onBase(
    '91 locked',
    'a lock that does not say which base it was built on, with --locked',
    {},
    'E-LCK-DIFFERS',
    { args: [...buildArgs(), '--locked'] },
  ),
  destination('139 file', 'a file where the layout is to be', 'oci:out', 'E-OUT-EXISTS', { out: 'mine\n' }),
  destination(
    '139 foreign',
    'a folder with other files where the layout is to be',
    'oci:out',
    'E-OUT-EXISTS',
    { 'out/mine.txt': 'mine\n' },
  ),
  destination('139 folder', 'a folder where an archive is to be', 'oci-archive:base', 'E-OUT-EXISTS'),
  destination(
    '139 parent',
    'a file where the folder of the archive is to be',
    'oci-archive:pylock.toml/a.tar',
    'E-FS-KIND',
  ),
  destination('139 kind', 'a destination of no kind', 'images', 'E-IMG-REF'),
  {
    id: 'unfit',
    given: 'an image that does not hold what a lock says',
    files: () => ({ image: layout(), 'pylock.toml': lockOf([leastWheel]) }),
    args: ['verify', 'oci:image', '--lock', 'pylock.toml', '--start', 'none'],
    exit: 1,
  },
  {
    id: 'attest lock',
    given: 'an image that nothing was installed into',
    files: () => ({ image: layout(), 'pylock.toml': lockOf([leastWheel]) }),
    args: ['attest', 'oci:image', '--lock', 'pylock.toml'],
    exit: 2,
    code: 'E-ATT-LOCK',
  },
  {
    id: 'attest key',
    given: 'a key that is none',
    files: () => ({ image: layout(), 'key.pem': 'not a key\n' }),
    args: ['attest', 'verify', 'oci:image', '--key', 'key.pem'],
    exit: 2,
    code: 'E-ATT-KEY',
    at: 'key.pem',
  },
]
