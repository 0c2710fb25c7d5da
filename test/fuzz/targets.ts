import { bufferSource } from '#catalog/byte-sources.js'
import { parseIni } from '#catalog/pip-configuration.js'
import { parseSimplePage } from '#catalog/simple-page.js'
import { readZipDirectory, readZipMember } from '#catalog/zip-directory.js'
import { quote } from '#dockerfile/quote.js'
import { parseConstraintsText } from '#inputs/constraints-file.js'
import { parseOverrides } from '#inputs/overrides.js'
import { parsePolicy } from '#inputs/policy-file.js'
import { parseProfile } from '#inputs/profile.js'
import { parseRequirementsText } from '#inputs/requirements-file.js'
import { parseSetupCfg } from '#inputs/setup-cfg.js'
import { parseWaivers } from '#inputs/waivers-file.js'
import { parseNetrc } from '#io/credentials.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { formatPylock } from '#lock/pylock.js'
import { encodeImageConfig, parseImageConfig } from '#oci/config.js'
import { encodeImageIndex, parseImageIndex } from '#oci/image-index.js'
import { encodeManifest, parseManifest } from '#oci/manifest.js'
import { formatReference, parseReference } from '#oci/reference.js'
import { parseCoreMetadata } from '#pep/core-metadata.js'
import { parseMarker } from '#pep/marker.js'
import { formatMarker } from '#pep/marker-format.js'
import { type DistributionName, isValidName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { formatSpecifierSet, parseSpecifierSet } from '#pep/specifier-set.js'
import { parseVersion, partsOf, versionOf } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import { parseChallenges } from '#registry/challenge.js'
import { parseScriptEntryPoints } from '#wheels/entry-points.js'
import { readWheel } from '#wheels/install-wheel.js'
import { formatRecord, parseRecord } from '#wheels/record.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { lockOf } from '../corpus/locks.js'
import { formatRequirement } from '../support/format-requirement.js'
import { tarEntries } from '../support/tar-entries.js'
import { paxRecord, writeTar } from '../support/tar-writer.js'
import { writeWheel } from '../support/wheel-writer.js'
import { mendTar, wordsOf } from './mutate.js'

/** A parser under test. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Buffer[]
  readonly words: readonly Buffer[]
  /** Makes a changed input one that gets past the first check. */
  readonly mend?: (bytes: Buffer) => Buffer
  /**
   * Parses, and holds what was accepted against itself: written out and read again it is the same, or it has what
   * its readers rely on.
   * @throws SvcsplitError where the input is refused; anything else is a fault
   */
  readonly read: (bytes: Buffer) => void | Promise<void>
}

class Fault extends Error {}

function same(one: unknown, other: unknown, what: string): void {
  const [a, b] = [one, other].map((value) => JSON.stringify(value, plain))
  if (a !== b) throw new Fault(`${what}: ${a?.slice(0, 300)} became ${b?.slice(0, 300)}`)
}

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Fault(what)
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return [...value]
  return Buffer.isBuffer(value) ? value.toString('base64') : value
}

function text(
  name: string,
  seeds: readonly string[],
  words: readonly string[],
  read: (text: string) => void | Promise<void>,
): Target {
  return {
    name,
    seeds: seeds.map((seed) => Buffer.from(seed)),
    words: wordsOf(...words),
    read: (bytes) => read(bytes.toString('utf8')),
  }
}

/** What is written of a parsed thing, parsed and written again, is the same. */
function roundTrip<T>(parse: (text: string) => T, write: (value: T) => string): (text: string) => void {
  return (input) => {
    const written = write(parse(input))
    same(written, write(parse(written)), 'written again')
  }
}

const project = 'demo' as DistributionName
const url = 'https://index.example/simple/demo/'
const hash = 'a'.repeat(64)
const digest = `sha256:${hash}`
const file = {
  filename: 'demo-1.0-py3-none-any.whl',
  url: 'demo-1.0-py3-none-any.whl',
  hashes: { sha256: hash },
}

function checkPage(bytes: Buffer, type: string): void {
  for (const one of parseSimplePage(bytes, type, url, project).files) {
    holds(/^https?:\/\//.test(one.url), `a file at ${one.url}`)
    holds(!/[/\\\0]/.test(one.filename), `a file with the name ${one.filename}`)
    holds(one.sha256 === undefined || /^[0-9a-f]{64}$/.test(one.sha256), `a hash ${one.sha256}`)
    parseVersion(one.version)
  }
}

const wheel = writeWheel(
  [
    { name: 'demo/__init__.py', content: 'x = 1\n'.repeat(30) },
    { name: 'demo/stored.py', content: 'y = 2\n', method: 0 },
    { name: 'demo-1.0.data/scripts/tool', content: '#!python\n', mode: 0o100755 },
  ],
  { entryPoints: '[console_scripts]\ndemo = demo:main\n' },
)

function installed(bytes: Buffer): readonly (readonly [string, string])[] {
  const options = {
    filename: wheel.filename,
    sha256: wheel.sha256,
    prefix: '/opt/venv',
    python: '3.11',
    requested: false,
  }
  return readWheel(bytes, options).entries.map(
    (entry) => [entry.path, unpackEntry(entry, bytes, wheel.filename).toString('base64')] as const,
  )
}

const whole = installed(wheel.bytes)

const tar = writeTar([
  { name: 'demo-1.0/', kind: '5' },
  { name: 'x', kind: 'x', content: paxRecord('path', 'demo-1.0/long') + paxRecord('mtime', '1.5') },
  { name: 'cut', content: 'a = 1\n' },
  { name: '././@LongLink', kind: 'L', content: 'demo-1.0/longer\0' },
  { name: 'cut', content: 'b = 2\n'.repeat(100) },
  { name: 'demo-1.0/link', kind: '2', link: 'long' },
])

const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 7 }
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
  layers: [descriptor],
  annotations: { a: 'b' },
}
const config = {
  architecture: 'amd64',
  os: 'linux',
  config: { Cmd: ['a'], Env: ['A=b'], Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } },
  rootfs: { type: 'layers', diff_ids: [digest] },
  history: [{ created_by: 'x', empty_layer: true }],
}
const index = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    { ...descriptor, mediaType: manifest.mediaType, platform: { os: 'linux', architecture: 'amd64' } },
  ],
}

const lockText = lockOf([wheel])

const yamlWords = ['- ', ': ', '&a ', '*a', '? ', '|\n', '>\n', '---\n', '!!int ', '<<: ', '\n  ', '[[[[']

export const targets: readonly Target[] = [
  text(
    'requirement',
    [
      "Foo.Bar[a,b]>=1.0,!=2.*; python_version < '3.9' and (os_name == \"posix\" or extra == 'x')",
      'foo @ https://host.example/f.whl ; os_name=="x"',
    ],
    ['~=', '===', '!=', '.*', ' and ', ' or ', ' not in ', 'extra', 'python_version', '@ '],
    roundTrip(parseRequirement, formatRequirement),
  ),
  text(
    'marker',
    [
      "python_version < '3.9' and (os_name == 'posix' or 'linux' in sys_platform)",
      'extra == "a" or platform_machine not in "x y"',
    ],
    [' and ', ' or ', ' not in ', ' in ', 'os_name', 'extra', '~=', '==='],
    roundTrip(parseMarker, formatMarker),
  ),
  text(
    'version',
    ['1!2.0.1a3.post4.dev5+local.6', '2024.1.0', 'v1.0-rc.1', '1.0-5'],
    ['!', '+', '.post', 'dev', 'rc', 'alpha', '-', 'v'],
    (input) => {
      const version = parseVersion(input)
      same(version.key, parseVersion(version.text).key, 'its own text')
      same(version.key, versionOf(partsOf(version)).key, 'its parts')
    },
  ),
  text(
    'specifier',
    ['>=1.0,<2,!=1.5.*', '~=2.2.post3', '===weird,==1.0+local'],
    ['~=', '===', '!=', '==', '>=', '<', '.*', ','],
    roundTrip(parseSpecifierSet, formatSpecifierSet),
  ),
  text(
    'constraints',
    [
      "a===1.0;python_version>='3.9'\nb==2.0\n# comment\nc<3\n",
      'oslo.config===9.7.2\r\npbr===7.0.3\n',
      `a=${'../../passwd'.repeat(3000)};python_version>='3.9'\n`,
    ],
    ['===', '==', ';', '\n-c x', 'python_version', '\\\n'],
    (input) => {
      const { pins } = parseConstraintsText(input, 'c.txt')
      for (const [name, all] of pins) {
        holds(isValidName(name) || /^[a-z0-9-]+$/.test(name), `a pin of ${name}`)
        for (const { version, at } of all) {
          holds(version !== '', `an empty version of ${name}`)
          holds((at.line ?? 0) >= 1 && at.line! <= input.split(/\r\n|\r|\n/).length, `line ${at.line}`)
        }
      }
    },
  ),
  text(
    'requirements file',
    [
      `-r other.txt\n-c pins.txt\na>=1 \\\n  ,<2 # comment\nb[x]==1 --hash=sha256:${hash}\n`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of a requirements file
      'https://host.example/a-1.0-py3-none-any.whl\n-e git+https://host.example/x#egg=x\n${HOME}\n',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of a requirements file
    ['-r ', '-c ', '--hash=', '\\\n', ' #', '${X}', '-e ', '#egg=', 'https://', '.whl', '%zz', './'],
    (input) => {
      const { requirements } = parseRequirementsText(input, 'r.txt', { environment: { X: '1', HOME: 'a' } })
      for (const { requirement, hashes } of requirements) {
        const written = formatRequirement(requirement)
        same(written, formatRequirement(parseRequirement(written)), 'a requirement')
        for (const one of hashes) holds(/^sha(?:256|384|512|224):[0-9a-f]+$/.test(one), `a hash ${one}`)
      }
    },
  ),
  text(
    'lock',
    [lockText, formatPylock(parsePylock(lockText, 'l.toml'))],
    [
      '[[packages]]',
      '[tool.svcsplit]',
      ' = ',
      '{',
      '"""',
      "'''",
      '2027-03-01T00:00:00Z',
      '\\u0000',
      '[base]',
    ],
    roundTrip((input) => parsePylock(input, 'l.toml'), formatPylock),
  ),
  text(
    'index page in JSON',
    [
      JSON.stringify({
        meta: { 'api-version': '1.1' },
        name: 'demo',
        files: [
          {
            ...file,
            size: 1,
            'requires-python': '>=3',
            yanked: 'x',
            'core-metadata': { sha256: hash },
            'upload-time': '2024-01-01T00:00:00Z',
          },
        ],
      }),
    ],
    ['"files"', '"url"', '"hashes"', '"yanked"', 'javascript:', '//host.example/x', '../', '\\u0000'],
    (input) => checkPage(Buffer.from(input), 'application/vnd.pypi.simple.v1+json'),
  ),
  text(
    'index page in HTML',
    [
      `<!DOCTYPE html><html><body><base href="https://files.example/d/"><a data-requires-python="&gt;=3" data-yanked="" href="../f/demo-1.0.tar.gz#sha256=${hash}">demo-1.0.tar.gz</a></body></html>`,
    ],
    [
      '<a ',
      ' href=',
      '</a>',
      '<!--',
      '-->',
      '<script>',
      '&gt;',
      '&#x110000;',
      '&#0;',
      'data-yanked',
      '<base href=',
    ],
    (input) => checkPage(Buffer.from(input), 'text/html'),
  ),
  text(
    'METADATA',
    [
      "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.8\nRequires-Dist: a>=1; extra == 'x'\nProvides-Extra: x\nClassifier: A\n b\n\nText\n",
    ],
    ['Name: ', 'Version: ', 'Requires-Dist: ', 'Dynamic: ', '\n ', '\n\n', ': '],
    (input) => {
      const { name, version } = parseCoreMetadata(input)
      holds(isValidName(name), `the name ${name}`)
      parseVersion(version)
    },
  ),
  text(
    'RECORD',
    [
      `demo/a.py,sha256=${'a'.repeat(43)},6\n"demo/b,c.py",sha256=${'b'.repeat(43)},\ndemo-1.0.dist-info/RECORD,,\n`,
    ],
    [',', '"', '""', 'sha256=', 'md5=', '../', '/'],
    (input) => {
      const rows = parseRecord(input, 'demo-1.0.dist-info', 'demo.whl')
      const written = formatRecord(rows.values()).toString()
      same(
        written,
        formatRecord(parseRecord(written, 'demo-1.0.dist-info', 'demo.whl').values()).toString(),
        'rows',
      )
      for (const path of rows.keys()) holds(!path.startsWith('/') && !path.split('/').includes('..'), path)
    },
  ),
  text(
    'entry points',
    [
      '[console_scripts]\ndemo = demo.cli:main\nother=demo:App.run [x]\n\n[gui_scripts]\ng = a:b\n[else]\nany = thing\n',
    ],
    ['[console_scripts]', ' = ', ':', '../', '[x]', ';', '#'],
    (input) => {
      for (const { name, module, attribute } of parseScriptEntryPoints(
        input,
        'demo.whl',
        'entry_points.txt',
      )) {
        holds(!/[/\\\s]/.test(name) && !name.startsWith('.') && !name.startsWith('-'), `the script ${name}`)
        holds(/^[\p{L}\p{N}_.]+$/u.test(`${module}.${attribute}`), `the target ${module}:${attribute}`)
      }
    },
  ),
  {
    name: 'wheel',
    seeds: [wheel.bytes],
    words: wordsOf('PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006', '../', 'RECORD'),
    read: (bytes) => same(installed(bytes), whole, 'what is installed'),
  },
  {
    name: 'wheel of an index',
    seeds: [wheel.bytes],
    words: wordsOf('PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006'),
    async read(bytes) {
      const source = bufferSource('demo.whl', bytes)
      for (const member of (await readZipDirectory(source)).slice(0, 20))
        if (member.name.endsWith('METADATA')) await readZipMember(source, member)
    },
  },
  {
    name: 'tar',
    seeds: [tar, writeTar([{ name: 'a', content: 'x' }])],
    words: wordsOf(
      'ustar\u000000',
      paxRecord('size', '5'),
      paxRecord('path', '../x'),
      '\u0080',
      '00000000006\0',
      '\0'.repeat(512),
    ),
    mend: mendTar,
    read: (bytes) => {
      for (const { path } of tarEntries(bytes)) holds(!path.includes('\0') && !path.startsWith('/'), path)
    },
  },
  text(
    'manifest',
    [JSON.stringify(manifest)],
    ['"layers"', '"digest"', '"manifests"', '"subject"', digest, '"urls":["x"]'],
    roundTrip(parseManifest, (value) => encodeManifest(value).toString()),
  ),
  text(
    'image config',
    [JSON.stringify(config)],
    ['"rootfs"', '"Env"', '"history"', digest, '"healthcheck":{}'],
    roundTrip(parseImageConfig, (value) => encodeImageConfig(value).toString()),
  ),
  text(
    'image index',
    [JSON.stringify(index)],
    ['"manifests"', '"platform"', digest, '"annotations":{"a":"b"}'],
    roundTrip(parseImageIndex, (value) => encodeImageIndex(value).toString()),
  ),
  text(
    'image reference',
    ['registry.example:5000/cloud/nova:1.0', `host.example/a@${digest}`, '[::1]:5000/a/b:x'],
    [':', '/', '@', 'localhost', '[::1]', digest],
    roundTrip(parseReference, formatReference),
  ),
  text(
    'value of a Containerfile',
    ['a $X "b" \'c\' \\', 'demo-api --config=/etc/x'],
    ['\\', '"', '$', '\n', '#', '\u2028'],
    (input) => {
      same(input, JSON.parse(quote(input, 'json')), 'in exec form')
      for (const place of ['shell', 'variable', 'comment'] as const)
        holds(!/[\r\n\u2028\u2029]/.test(quote(input, place)), `a line break as ${place}`)
    },
  ),
  text(
    'names of files',
    ['demo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl', 'demo-1.0-py2.py3-none-any.whl'],
    ['-', '.', '_', '.whl', 'py3', 'none', 'any'],
    (input) => {
      // PEP 427: the name of a file may have any letters; pypa/packaging reads them too.
      holds(/^[\p{L}\p{N}-]+$/u.test(parseWheelFilename(input).name), 'the name of a wheel')
    },
  ),
  text(
    'setup.cfg',
    [
      '[metadata]\nname = demo\n[options]\ninstall_requires =\n    a\n    b\n[entry_points]\nconsole_scripts =\n    x = a:b\n',
    ],
    ['[', ']', ' = ', '\n    ', '#'],
    (input) => {
      parseSetupCfg(input, 'setup.cfg')
    },
  ),
  text(
    "pip's configuration",
    [
      '[global]\nindex-url = https://index.example/simple\n[install]\nextra-index-url =\n  https://a.example\n',
    ],
    ['[global]', ' = ', '\n ', '%'],
    (input) => {
      parseIni(input, 'pip.conf')
    },
  ),
  text(
    'netrc',
    ['machine host.example login a password b\ndefault login c password d\nmacdef x\n y\n\n'],
    ['machine ', 'login ', 'password ', 'default ', 'macdef ', '"', '#'],
    (input) => {
      parseNetrc(input)
    },
  ),
  text(
    'challenge of a registry',
    ['Bearer realm="https://auth.example/token",service="s",scope="a:b:c", Basic realm="x"'],
    ['Bearer ', 'realm=', '"', ',', '\\"'],
    (input) => {
      parseChallenges(input)
    },
  ),
  text(
    'profile',
    [
      `service: demo
distribution: demo
extras: [a]
additions: [b, {requirement: c<2, releases: "<2025.1", reason: none}]
user: {name: demo, uid: 42001, gid: 42001}
processes:
  - {name: demo-api, wsgi: "demo:app", port: 8780, health: /, releases: "<2025.1"}
  - {name: demo-work, command: [demo-work, --config=/etc/x]}
systemPackages: {run: {all: [uwsgi-core]}}
directories: [/var/lib/demo]
`,
    ],
    yamlWords,
    async (input) => {
      const { service, processes, user } = await parseProfile(input, 'p.yaml')
      holds(isValidName(service), `a service named ${service}`)
      holds(user.uid > 0, `a user with the number ${user.uid}`)
      for (const { name, port } of processes)
        holds(/^[\w.-]+$/.test(name) && (port ?? 1) > 0 && (port ?? 1) < 65_536, `${name} at ${port}`)
    },
  ),
  text(
    'overrides',
    [
      '- change: oslo.config===9.7.2\n  services: [nova]\n  reason: a bug\n  until: "2026-12-01"\n',
      '- {change: "-horizon", releases: ">=2025.1", reason: none, until: "2027-01-31"}\n',
    ],
    yamlWords,
    (input) => {
      for (const { distribution, until } of parseOverrides(input, 'o.yaml')) {
        holds(isValidName(distribution), `an override of ${distribution}`)
        holds(/^\d{4}-\d\d-\d\d$/.test(until), `an override until ${until}`)
      }
    },
  ),
  text(
    'policy',
    [
      'python: "3.11"\nhosts:\n  - {release: "2025.1", services: [nova@2026.1]}\nfail-on: [error]\n',
      'separate:\n  - [keystone, nova]\nrules:\n  drift: {max: 400}\nwaivers: waivers.yaml\n',
    ],
    yamlWords,
    async (input) => {
      await parsePolicy(Buffer.from(input), 'policy.yaml')
    },
  ),
  text(
    'waivers',
    [
      'waivers:\n  - match: {id: "57497672"}\n    reason: known\n    owner: storage team\n    until: "2026-12-15"\n',
    ],
    yamlWords,
    async (input) => {
      for (const { reason, owner } of await parseWaivers(Buffer.from(input), 'waivers.yaml'))
        holds(reason !== '' && owner !== '', 'a waiver without a reason or an owner')
    },
  ),
]
