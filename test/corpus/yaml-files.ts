import type { ErrorCode } from '#errors.js'
import { pipe, type Row, text } from './row.js'

const profile = (...lines: readonly string[]): string =>
  text('service: glance', 'distribution: glance', ...lines)
const account = 'user: {name: glance, uid: 42415, gid: 42415}'

function row(
  id: string,
  given: string,
  content: string | Buffer,
  code: ErrorCode | undefined,
  at: string | undefined,
  says?: string,
): Row {
  return {
    id,
    given,
    files: { 'glance.yaml': content },
    args: [
      'analyze',
      'glance@2026.1',
      '--host',
      '2025.1',
      '--profile',
      'glance.yaml',
      '--offline',
      '--code',
      'none',
    ],
    exit: code === undefined ? 0 : 2,
    ...(code === undefined ? {} : { code }),
    ...(at === undefined ? {} : { at: `glance.yaml:${at}` }),
    ...(says === undefined ? {} : { says }),
  }
}

const bomb = text(
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...Array.from(
    'bcdefghi',
    (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`,
  ),
)

const profileRows: readonly Row[] = [
  row(
    '82',
    'aliases that would unfold to a billion entries',
    bomb,
    'E-PRF-SYNTAX',
    '9:7',
    'anchors and aliases',
  ),
  row(
    '83',
    'lists in lists, twenty thousand deep',
    `service: ${'['.repeat(20_000)}`,
    'E-PRF-SYNTAX',
    undefined,
  ),
  row(
    '84',
    'a key that JavaScript gives a meaning',
    profile(account, '__proto__: {x: 1}'),
    'E-PRF-SCHEMA',
    '4:1',
    '__proto__',
  ),
  row('84 merge', 'a merge key', profile(account, '<<: {extras: [a]}'), 'E-PRF-SCHEMA', '4:1', '<<'),
  row('85 twice', 'one key twice', profile('service: nova'), 'E-PRF-SYNTAX', '3:1', 'keep one of the two'),
  row('85 tab', 'a tab as indent', profile('user:', '\tname: glance'), 'E-PRF-SYNTAX', '4:1', 'spaces'),
  row('85 two', 'two documents', profile(account, '---', 'service: nova'), 'E-PRF-SYNTAX', '4'),
  row(
    '85 tag',
    'a tag that would make a function',
    profile('user: !!js/function "x"'),
    'E-PRF-SYNTAX',
    '3:7',
    'tags',
  ),
  row(
    '86',
    'a release that YAML reads as a number',
    profile(account, 'processes:', '  - {name: glance-api, command: [glance-api], releases: 2026.10}'),
    'E-PRF-SCHEMA',
    '5:57',
    'put it in quotes',
  ),
  row(
    '87 key',
    'a key with a typing error',
    profile(account, 'procesess: []'),
    'E-PRF-SCHEMA',
    '4:1',
    'did you mean processes?',
  ),
  row(
    '87 type',
    'a number where a map is wanted',
    profile('user: 5'),
    'E-PRF-SCHEMA',
    '3:7',
    'a map of keys and values',
  ),
  ...['../x', '-v', 'a b', 'A', 'x'.repeat(300), '""'].map((name) =>
    row(
      `88 ${name.slice(0, 8)}`,
      'a service whose name cannot be a file name',
      `service: ${name}\ndistribution: glance\n${account}\n`,
      'E-PRF-SCHEMA',
      '1:10',
    ),
  ),
  row(
    '90 newline',
    'a line break in an argument, which would begin an instruction of a Containerfile',
    profile(account, 'processes:', '  - {name: glance-api, command: [glance-api, "a\\nUSER root"]}'),
    'E-PRF-SCHEMA',
    '5:46',
  ),
  row(
    '90 nul',
    'a NUL byte in an argument',
    profile(account, 'processes:', '  - {name: glance-api, command: [glance-api, "a\\0"]}'),
    'E-PRF-SCHEMA',
    '5:46',
  ),
  row(
    '90 odd',
    'an argument with quotes, a dollar sign and a backslash',
    profile(account, 'processes:', `  - {name: glance-api, command: [glance-api, "$X \\"' \\\\"]}`),
    undefined,
    undefined,
  ),
  row(
    '93 long',
    'a number beyond all numbers',
    profile('user: {name: glance, uid: 1e400, gid: 1}'),
    'E-PRF-SCHEMA',
    '3:27',
  ),
  row('93 surrogate', 'half a character', profile(account, 'extras: ["\\ud800"]'), 'E-PRF-SCHEMA', '4:10'),
  row(
    '94',
    'a key of a later version of profiles',
    profile(account, 'sidecars: []'),
    'E-PRF-SCHEMA',
    '4:1',
    'known are',
  ),
  row('94 empty', 'an empty file', '', 'E-PRF-SYNTAX', '1'),
  row(
    '94 latin-1',
    'a letter in Latin-1',
    Buffer.from(profile(account, 'extras: [caf\xe9]'), 'latin1'),
    'E-PRF-SYNTAX',
    '4:13',
    'UTF-8',
  ),
  row('94 binary', 'bytes that are not text', Buffer.from([0xff, 0xfe, 0, 1]), 'E-REQ-ENCODING', undefined),
]

interface Kind {
  readonly name: string
  readonly code: string
  readonly good: string
  readonly args: readonly string[]
}

const kinds: readonly Kind[] = [
  {
    name: 'fleet',
    code: 'FLT',
    good: 'release: "2025.1"\nservices: {glance: {}}\n',
    args: ['plan', 'glance@2026.1', '--fleet', 'file.yaml', '--offline'],
  },
  {
    name: 'policy',
    code: 'POL',
    good: 'hosts: [{release: "2025.1", services: [glance@2026.1]}]\n',
    args: ['gate', '--policy', 'file.yaml', '--offline'],
  },
  {
    name: 'waivers',
    code: 'WVR',
    good: 'waivers: []\n',
    args: ['gate', 'glance@2026.1', '--host', '2025.1', '--waivers', 'file.yaml', '--offline'],
  },
  {
    name: 'overrides',
    code: 'OVR',
    good: '- {change: pbr===7.0.3, reason: a, until: "2027-03-01"}\n',
    args: ['lock', 'glance@2025.1', '--offline', '-o', '-'],
  },
]

const otherRows = kinds.flatMap(({ name, code, good, args }): Row[] => {
  const one = (id: string, given: string, content: string, end: 'SYNTAX' | 'SCHEMA'): Row => {
    const path = name === 'overrides' ? 'data/overrides.yaml' : 'file.yaml'
    return {
      id: `${id} ${name}`,
      given: `a file of the kind ${name}: ${given}`,
      files: { [path]: content },
      args,
      exit: 2,
      code: `E-${code}-${end}` as ErrorCode,
      ...(name === 'overrides' ? { env: { SVCSPLIT_DATA_DIR: 'data' } } : {}),
    }
  }
  return [
    one('85', 'a quote that does not end', `${good}x: "a\n`, 'SYNTAX'),
    one('82', 'aliases that would unfold to a billion entries', bomb, 'SYNTAX'),
    one(
      '87',
      'a key that is not known',
      name === 'overrides' ? '- {chnge: pbr===7.0.3}\n' : `${good}unknown-key: 1\n`,
      'SCHEMA',
    ),
    one('83', 'lists in lists, twenty thousand deep', '['.repeat(20_000), 'SYNTAX'),
  ]
})

const plan = (...args: readonly string[]): readonly string[] => ['plan', ...args, '--offline']
const fleet = text(
  'release: "2025.1"',
  'hosts: {one: {release: "2025.1"}}',
  'services:',
  '  glance: {on: two}',
)

const planRows: readonly Row[] = [
  {
    id: '87 fleet state',
    given: 'a fleet file with a service on a host that is not there',
    files: { 'fleet.yaml': fleet },
    args: plan('glance@2026.1', '--fleet', 'fleet.yaml'),
    exit: 2,
    code: 'E-FLT-STATE',
    at: 'fleet.yaml:4:16',
  },
  {
    id: 'plan hop',
    given: 'an upgrade that leaves out a release',
    args: plan('cinder@2026.1', '--from', '2024.1'),
    exit: 2,
    code: 'E-PLN-HOP',
  },
  {
    id: 'plan edge',
    given: 'a service that needs another one to be newer',
    files: {
      'data/profiles/glance.yaml': profile(
        account,
        'edges:',
        '  - {after: keystone, atLeast: "2026.1", kind: required, source: keystone, why: it asks for a new call}',
        'upgrade: {hops: slurp, restart: cold, databases: [], sources: [keystone], steps: []}',
      ),
    },
    env: { SVCSPLIT_DATA_DIR: 'data' },
    args: plan('glance@2026.1', '--from', '2025.1'),
    exit: 2,
    code: 'E-PLN-EDGE',
  },
  {
    id: 'plan window',
    given: 'a window of one minute',
    args: plan('keystone@2026.1', '--from', '2025.1', '--window', '1m'),
    exit: 2,
    code: 'E-PLN-WINDOW',
  },
  {
    id: 'plan state',
    given: 'a record of progress that is not there',
    args: plan('--fallback', '--state', 'nowhere.json'),
    exit: 2,
    code: 'E-FS-NOTFOUND',
  },
  {
    id: 'plan state pipe',
    given: 'a record of progress that is a named pipe to which nobody writes',
    files: { 'upgrade.json': pipe },
    args: plan('--fallback', '--state', 'upgrade.json'),
    exit: 2,
    code: 'E-FS-KIND',
    says: 'upgrade.json',
  },
  {
    id: 'plan state form',
    given: 'a record of progress that is not JSON',
    files: { 'upgrade.json': '{"plan":' },
    args: plan('--fallback', '--state', 'upgrade.json'),
    exit: 2,
    code: 'E-PLN-STATE',
  },
  {
    id: '93 deep',
    given: 'a saved result of lists, two hundred thousand deep',
    files: { 'result.json': '['.repeat(200_000) },
    args: ['render', 'result.json'],
    exit: 2,
    code: 'E-RES-FORM',
  },
  {
    id: '93 form',
    given: 'a saved result of something else',
    files: { 'result.json': '{"format": 99}' },
    args: ['render', 'result.json'],
    exit: 2,
    code: 'E-RES-FORM',
  },
  {
    id: '93 baseline',
    given: 'a baseline that is not JSON',
    files: { 'known.json': '{"findings": [' },
    args: ['gate', 'glance@2026.1', '--host', '2025.1', '--baseline', 'known.json', '--offline'],
    exit: 2,
    code: 'E-BAS-FORM',
  },
  {
    id: '89',
    given: 'a release of your own with the name of a shipped one',
    files: { 'c.txt': 'pbr===7.0.3\n' },
    args: [
      'catalog',
      'import',
      '--release',
      '2025.1',
      '--constraints',
      'c.txt',
      '--service',
      'glance=30.0.0',
      '--to',
      'own',
    ],
    exit: 2,
    code: 'E-CAT-MIX',
  },
  {
    id: 'catalog form',
    given: 'releases of your own that are not JSON',
    files: { 'data/constraints/releases.json': '{' },
    env: { SVCSPLIT_DATA_DIR: 'data' },
    args: ['share', 'glance@2025.1', '--offline'],
    exit: 2,
    code: 'E-CAT-FORM',
    at: 'data/constraints/releases.json',
  },
  {
    id: 'catalog missing',
    given: 'a distribution of which nothing is known',
    args: ['catalog', 'show', 'nosuch-distribution'],
    exit: 3,
    code: 'E-CAT-MISSING',
  },
  {
    id: 'service',
    given: 'a service that does not exist',
    args: ['analyze', 'nvoa@2026.1', '--host', '2025.1'],
    exit: 2,
    code: 'E-SVC-UNKNOWN',
  },
  {
    id: 'release',
    given: 'a release that does not exist',
    args: ['analyze', 'nova@2026.2', '--host', '2025.1'],
    exit: 2,
    code: 'E-REL-UNKNOWN',
  },
  {
    id: 'usage',
    given: 'an option that does not exist',
    args: ['analyze', '--hosts', '2025.1'],
    exit: 2,
    code: 'E-CLI-USAGE',
  },
  {
    id: 'git',
    given: 'a git revision that does not exist',
    args: ['gate', 'glance@2026.1', '--host', '2025.1', '--since', 'no-such-branch', '--offline'],
    exit: 2,
    code: 'E-GIT-REV',
  },
]

export const yamlRows: readonly Row[] = [...profileRows, ...otherRows, ...planRows]
