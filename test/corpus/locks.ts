import { createHash } from 'node:crypto'
import { writeWheel } from '../support/wheel-writer.js'
import { layout } from './base-image.js'
import { buildAnswer, buildArgs, buildRow, leastWheel } from './build-row.js'
import { pipe, type Row } from './row.js'

interface File {
  readonly filename: string
  readonly bytes: Buffer
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function nameAndVersion(filename: string): readonly [string, string] {
  const [name = '', version = ''] = filename.split('-')
  return [name.toLowerCase().replaceAll('_', '-'), version]
}

/** A lock of glance@2025.1 with these wheels; the first is its root. */
export function lockOf(files: readonly File[]): string {
  const packages = files
    .map(({ filename, bytes }) => {
      const [name, version] = nameAndVersion(filename)
      const wheel = `{name = "${filename}", path = "wheels/${filename}", size = ${bytes.length}, hashes = {sha256 = "${sha256(bytes)}"}}`
      return { name, text: `[[packages]]\nname = "${name}"\nversion = "${version}"\nwheels = [${wheel}]\n` }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return `lock-version = "1.0"
environments = ["sys_platform == 'linux'"]
requires-python = "==3.11.*"
created-by = "svcsplit"

${packages.map((one) => one.text).join('\n')}
[tool.svcsplit]
version = "0.1.0"
service = "glance"
release = "2025.1"
root = "${nameAndVersion(files[0]!.filename)[0]}"
python = "3.11"
platform = "linux/amd64"
glibc = "2.36"
`
}

const other = writeWheel([{ name: 'glance/a.py', content: 'a = 2\n' }], { name: 'other', version: '1.0' })
const good = lockOf([leastWheel])

function built(
  id: string,
  given: string,
  lock: string,
  answer: Pick<Row, 'exit'> & Partial<Row>,
  files: readonly File[] = [leastWheel],
): Row {
  return buildRow(id, given, { files: () => ({ 'pylock.toml': lock }), index: { files } }, answer)
}

const formRows: readonly (readonly [string, string, string, string?])[] = [
  [
    'markers',
    'the marks of a merge',
    good.replace('[[packages]]', '<<<<<<< HEAD\n[[packages]]'),
    'pylock.toml:6:1',
  ],
  ['later', 'a later version of the format', good.replace('"1.0"', '"2.0"')],
  ['unknown', 'a key that is not known', good.replace('[tool.svcsplit]', '[tool.svcsplit]\nextra = 1')],
  ['missing', 'no root among its packages', good.replace('root = "glance"', 'root = "nova"')],
  ['twice', 'one package twice', good.replace(/(\[\[packages\]\][\s\S]*?\n)\n/, '$1\n$1\n')],
  ['hash', 'a hash that is none', good.replace(/sha256 = "[0-9a-f]+"/, 'sha256 = "abc"')],
  [
    'name',
    'a file with a path as its name',
    good.replace('name = "glance-30.0.0-py3', 'name = "../../evil-py3'),
  ],
  ['deep', 'arrays, two hundred thousand deep', `x = ${'['.repeat(200_000)}`],
  ['empty', 'nothing in it', ''],
  ['html', 'a web page in it', '<!DOCTYPE html>\n<html>\n'],
]

export const lockRows: readonly Row[] = [
  ...formRows.map(([name, what, lock, at]) =>
    built(`138 ${name}`, `a lock with ${what}`, lock, {
      exit: 2,
      code: 'E-LCK-FORM',
      ...(at === undefined ? {} : { at }),
    }),
  ),
  built(
    '138 CRLF',
    'a lock with the line ends of Windows',
    good.replaceAll('\n', '\r\n'),
    buildAnswer(undefined),
  ),
  built(
    '138 service',
    'the lock of another service',
    good.replace('service = "glance"', 'service = "nova"'),
    {
      exit: 4,
      code: 'E-LCK-DIFFERS',
    },
  ),
  built(
    '118',
    'a wheel that was uploaded anew after it was locked',
    good.replace(/sha256 = "[0-9a-f]+"/, `sha256 = "${'0'.repeat(64)}"`),
    {
      exit: 4,
      code: 'E-IDX-HASH',
    },
  ),
  {
    id: '138 pipe',
    given: 'a lock that is a named pipe to which nobody writes',
    files: () => ({ base: layout(), 'pylock.toml': pipe }),
    args: [...buildArgs().filter((one) => one !== '--index-url' && one !== '{index}'), '--offline'],
    exit: 2,
    code: 'E-FS-KIND',
    says: 'pylock.toml',
  },
  built('138 newer', 'a lock that does not say when its wheel was uploaded, with --exclude-newer', good, {
    exit: 4,
    code: 'E-LCK-NOFILE',
    at: 'pylock.toml',
    says: 'no upload time',
    args: [...buildArgs(), '--exclude-newer', '2026-01-01'],
  }),
  built('118 size', 'a wheel of another size than the lock says', good.replace(/size = \d+/, 'size = 5'), {
    exit: 4,
    code: 'E-IDX-HASH',
  }),
  built('118 gone', 'a wheel that the index no longer has', good, { exit: 4, code: 'E-IDX-NOTFOUND' }, [
    other,
  ]),
  built(
    'clash',
    'two distributions that install one path with different bytes',
    lockOf([leastWheel, other]),
    { exit: 4, code: 'E-WHL-CLASH', says: 'other' },
    [leastWheel, other],
  ),
  built('offline', 'a wheel that is not in the cache, with --offline', good, {
    exit: 3,
    code: 'E-NET-OFFLINE',
    args: [...buildArgs(), '--offline'],
  }),
  {
    id: '92 unsolved',
    given: 'pins under which a demand has no version',
    files: {
      'data/overrides.yaml': '- {change: -oslo.config, reason: a test, until: "2027-03-01"}\n',
    },
    env: { SVCSPLIT_DATA_DIR: 'data' },
    args: ['lock', 'glance@2025.1', '--offline', '-o', '-'],
    exit: 3,
    code: 'E-LCK-UNSOLVED',
  },
]
