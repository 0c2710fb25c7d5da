import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { indexWheel } from '../support/package-index.js'
import { pipe, type Row, text } from './row.js'

const run = ['resolve', '--offline', '-r', 'requirements.txt']

/** A requirements file with one bad line in it. */
function line(
  id: string,
  given: string,
  bad: string | Buffer,
  rest: Omit<Row, 'id' | 'given' | 'args'>,
): Row {
  const bytes = Buffer.concat([Buffer.from('pbr\n'), Buffer.from(bad), Buffer.from('\n')])
  return { id, given, files: { 'requirements.txt': bytes }, args: run, ...rest }
}

const variable = (name: string): string => `\${${name}}`
const at = (place: string): { exit: number; at: string } => ({ exit: 2, at: `requirements.txt:${place}` })

/** Asks for `pbr` under a file of constraints. */
function constrained(
  id: string,
  given: string,
  content: string,
  answer: Pick<Row, 'exit'> & Partial<Row>,
): Row {
  return {
    id,
    given,
    files: { 'constraints.txt': content },
    args: ['resolve', '--offline', '-c', 'constraints.txt', 'pbr'],
    ...answer,
  }
}

export const requirementRows: readonly Row[] = [
  line('1', 'a specifier without a version', 'oslo.config >= ', { ...at('2:15'), code: 'E-REQ-SPEC' }),
  line('2', 'an empty specifier between two commas', 'nova==1.0,,<2', { ...at('2:11'), code: 'E-REQ-SPEC' }),
  line('3', 'two names in one requirement', 'foo bar', { ...at('2:5'), code: 'E-REQ-SYNTAX' }),
  line('4', 'a backslash at the end of the file', 'pbr==7.0.3 \\', { exit: 0 }),
  line('5', 'a marker that breaks off', 'foo; python_version > ', { ...at('2:22'), code: 'E-REQ-MARKER' }),
  line('6', 'a marker of an unknown variable', 'foo; os_nam == "posix"', {
    ...at('2:6'),
    code: 'E-REQ-MARKER',
    says: 'os_nam',
  }),
  line('7', 'a marker in ten thousand parentheses', `foo; ${'('.repeat(10_000)}os_name == "x"`, {
    ...at('2:106'),
    code: 'E-REQ-MARKER',
  }),
  line(
    '8',
    'a marker of a hundred thousand parts',
    `foo; ${'os_name == "x" and '.repeat(100_000)}os_name == "x"`,
    {
      ...at('2:1'),
      code: 'E-REQ-LIMIT',
    },
  ),
  line('9', 'versions that only PEP 440 has', 'pbr!=1.0.post1.dev2+ubuntu.1,!=1!2.0,!=2024.1.0.0', {
    exit: 0,
  }),
  line('10 version', 'a version that is none', 'foo==not-a-version', { ...at('2:6'), code: 'E-REQ-VERSION' }),
  line('10 arbitrary', 'arbitrary equality, which takes any text', 'nosuch===weird', {
    exit: 3,
    says: 'nosuch',
  }),
  line(
    '11',
    'two versions of forty digits that differ by one',
    `pbr==${'9'.repeat(39)}8,==${'9'.repeat(40)}`,
    {
      exit: 1,
      says: 'pbr',
    },
  ),
  line('12', 'a version of a million digits', `foo==${'1'.repeat(1_000_000)}`, {
    ...at('2:1'),
    code: 'E-REQ-LIMIT',
  }),
  line('13', 'two spellings of one name that contradict each other', 'Oslo_.-Config<10\noslo-config>=10', {
    exit: 1,
    says: 'requirements.txt:3',
  }),
  line('14', 'names that JavaScript gives a meaning', 'constructor\ntoString\nhasOwnProperty', {
    exit: 3,
    says: 'constructor',
  }),
  line('15 cyrillic', 'a Cyrillic letter in a name', 'f\u043eo', {
    ...at('2:2'),
    code: 'E-REQ-NAME',
    says: 'U+043E',
  }),
  line('15 wide', 'a full-width letter in a name', '\uff46oo', { ...at('2:1'), code: 'E-REQ-NAME' }),
  line('15 joiner', 'an invisible character in a name', 'f\u200doo', {
    ...at('2:2'),
    code: 'E-REQ-NAME',
    says: 'U+200D',
  }),
  line('16 dot', 'a name that begins with a dot', '.foo', { ...at('2:1'), code: 'E-REQ-NAME' }),
  line('16 underscore', 'a name that ends with an underscore, as pip takes it', 'foo_', {
    exit: 3,
    says: 'foo_',
  }),
  line('16 hyphen', 'a name that looks like an option', '-foo', { ...at('2:1'), code: 'E-REQ-OPTION' }),
  {
    id: '17',
    given: 'a byte order mark before a line that is wrong',
    files: { 'requirements.txt': '\ufeffpbr\nfoo bar\n' },
    args: run,
    ...at('2:5'),
    code: 'E-REQ-SYNTAX',
  },
  {
    id: '18',
    given: 'UTF-16 with a byte order mark',
    files: { 'requirements.txt': Buffer.from('\ufeffpbr\n', 'utf16le') },
    args: run,
    exit: 2,
    code: 'E-REQ-ENCODING',
  },
  line('19', 'a byte that is not UTF-8', Buffer.from('f\xe9o', 'latin1'), {
    ...at('2:2'),
    code: 'E-REQ-ENCODING',
  }),
  line('20', 'line ends of every kind before a line that is wrong', 'pbr\r\npbr\rpbr\nfoo bar', {
    ...at('5:5'),
    code: 'E-REQ-SYNTAX',
  }),
  line('20 feed', 'a form feed', 'pbr\fpbr', { ...at('2:4'), code: 'E-REQ-CONTROL' }),
  line('21', 'a NUL byte', 'fo\0o', { ...at('2:3'), code: 'E-REQ-CONTROL' }),
  line('22', 'a line of ten megabytes', 'x'.repeat(10_000_000), { ...at('2:1'), code: 'E-REQ-LIMIT' }),
  {
    id: '23 huge',
    given: 'a file of one gigabyte',
    files: {
      'requirements.txt': (path) => {
        writeFileSync(path, '')
        truncateSync(path, 1e9)
      },
    },
    args: run,
    exit: 2,
    code: 'E-FS-LIMIT',
    says: 'requirements.txt',
  },
  {
    id: '23 pipe',
    given: 'a named pipe that nobody writes to',
    files: { 'requirements.txt': pipe },
    args: run,
    exit: 2,
    code: 'E-FS-KIND',
    says: 'requirements.txt',
  },
  {
    id: '23 folder',
    given: 'a folder in place of a file',
    files: { 'requirements.txt': (path) => mkdirSync(path) },
    args: run,
    exit: 2,
    code: 'E-FS-KIND',
    says: 'requirements.txt',
  },
  {
    id: '23 link',
    given: 'a link that points to itself',
    files: { 'requirements.txt': (path) => symlinkSync('requirements.txt', path) },
    args: run,
    exit: 2,
    code: 'E-FS-KIND',
    says: 'ELOOP',
  },
  {
    id: '24 self',
    given: 'a file that includes itself',
    files: { 'requirements.txt': text('-r requirements.txt') },
    args: run,
    ...at('1:1'),
    code: 'E-REQ-CYCLE',
  },
  {
    id: '24 four',
    given: 'four files that include one another in a circle',
    files: {
      'requirements.txt': '-r b.txt\n',
      'b.txt': '-r c.txt\n',
      'c.txt': '-r d.txt\n',
      'd.txt': 'pbr\n-r requirements.txt\n',
    },
    args: run,
    exit: 2,
    at: 'd.txt:2:1',
    code: 'E-REQ-CYCLE',
    says: 'requirements.txt > b.txt > c.txt > d.txt',
  },
  {
    id: '24 computed',
    given: 'a checkout whose `setup.py` works out what it demands',
    files: {
      shop: (path) => {
        mkdirSync(path)
        writeFileSync(
          `${path}/setup.py`,
          'from setuptools import setup\nsetup(name="shop", install_requires=needs())\n',
        )
      },
    },
    args: ['init', 'shop', '--to', 'own'],
    exit: 2,
    at: 'shop/setup.py:2',
    code: 'E-REQ-COMPUTED',
    says: 'nothing of a checkout is run',
  },
  {
    id: '24 link',
    given: 'a circle through a link and a folder',
    files: {
      'requirements.txt': '-r ./a/../link.txt\n',
      a: (path) => mkdirSync(path),
      'link.txt': (path) => symlinkSync('requirements.txt', path),
    },
    args: run,
    exit: 2,
    code: 'E-REQ-CYCLE',
  },
  {
    id: '25',
    given: 'one file included on two ways, which is no circle',
    files: {
      'requirements.txt': '-r b.txt\n-r c.txt\n',
      'b.txt': '-r d.txt\n',
      'c.txt': '-r d.txt\n',
      'd.txt': 'pbr\n',
    },
    args: run,
    exit: 0,
  },
  {
    id: '26',
    given: 'a thousand files, each of which includes the next',
    files: Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        i === 0 ? 'requirements.txt' : `r${i}.txt`,
        `-r r${i + 1}.txt\n`,
      ]),
    ),
    args: run,
    exit: 2,
    code: 'E-REQ-LIMIT',
  },
  line('27 url', 'an include from the network', '-r https://host.example/r.txt', {
    ...at('2:1'),
    code: 'E-REQ-URL',
  }),
  line('27 absent', 'an include that is not there', '-r ../../../nowhere/r.txt', {
    ...at('2:1'),
    code: 'E-FS-NOTFOUND',
  }),
  line('28', 'an editable checkout', '-e git+https://host.example/x.git@main#egg=x', {
    ...at('2:1'),
    code: 'E-REQ-URL',
  }),
  line('29', 'a direct URL', 'foo @ https://host.example/foo-1-py3-none-any.whl', {
    ...at('2:1'),
    code: 'E-REQ-URL',
  }),
  line('30 file', 'a file by URL', 'foo @ file:///srv/foo', { ...at('2:1'), code: 'E-REQ-URL' }),
  line('30 escape', 'a URL with an escape that is none', 'https://host.example/foo-1-%zz.whl', {
    ...at('2:1'),
    code: 'E-REQ-URL',
  }),
  line('30 path', 'a path in place of a name', '../foo', { ...at('2:1'), code: 'E-REQ-URL' }),
  ...[
    '--index-url https://evil.example/simple',
    '--trusted-host evil.example',
    '--extra-index-url=https://evil.example',
  ].map((option) =>
    line(`31 ${option.split(/[ =]/)[0]}`, 'an option that would change where packages come from', option, {
      ...at('2:1'),
      code: 'E-REQ-OPTION',
    }),
  ),
  line('32 md5', 'a weak hash', 'pbr==7.0.3 --hash=md5:d41d8cd98f00b204e9800998ecf8427e', {
    ...at('2:12'),
    code: 'E-REQ-HASH',
  }),
  line('32 short', 'a hash that is too short', 'pbr==7.0.3 --hash=sha256:abc', {
    ...at('2:12'),
    code: 'E-REQ-HASH',
  }),
  line('33 unset', 'a variable that is not set', `pbr>=${variable('SVCSPLIT_NOT_SET')}`, {
    ...at('2:6'),
    code: 'E-REQ-ENV',
  }),
  {
    ...line(
      '33 value',
      'a variable whose value has a second line',
      `pbr>=${variable('SVCSPLIT_TWO_LINES')}`,
      {
        ...at('2:6'),
        code: 'E-REQ-ENV',
      },
    ),
    env: { SVCSPLIT_TWO_LINES: '1\nevil-seeded-secret' },
  },
  line('34 gap', 'an extra without a name', 'foo[a,,b]', { ...at('2:7'), code: 'E-REQ-EXTRA' }),
  line('34 empty', 'no extras in brackets', 'pbr[]', { exit: 0 }),
  line('34 unknown', 'an extra that the distribution does not have', 'pbr[nosuch]', { exit: 0 }),
  constrained('35 twice', 'one pin twice, the same', 'pbr===7.0.3\npbr===7.0.3\n', { exit: 0 }),
  constrained(
    '35 two',
    'two pins of one distribution that contradict each other',
    'pbr===7.0.3\npbr===6.0.0\n',
    { exit: 2, code: 'E-CON-DUP', at: 'constraints.txt:2:1', says: 'constraints.txt:1:1' },
  ),
  constrained(
    '35 markers',
    'two pins of one distribution, parted by markers',
    text("pbr===7.0.3;python_version>='3.9'", "pbr===6.0.0;python_version<'3.9'"),
    { exit: 0 },
  ),
  constrained('36 extra', 'a constraint with an extra', 'pbr===7.0.3\nkeystone[ldap]===1.0\n', {
    exit: 2,
    code: 'E-CON-FORM',
    at: 'constraints.txt:2:1',
  }),
  constrained(
    '36 url',
    'a constraint with a direct URL',
    'pbr @ https://host.example/pbr-1-py3-none-any.whl\n',
    { exit: 2, code: 'E-CON-FORM', at: 'constraints.txt:1:1' },
  ),
  constrained('36 bare', 'a constraint without a version', 'pbr\n', {
    exit: 2,
    code: 'E-CON-FORM',
    at: 'constraints.txt:1:1',
  }),
  constrained('37', 'a constraint on what nobody wants', 'nowhere===1.0\n', { exit: 0 }),
  {
    id: '38',
    given: 'a constraint that contradicts a requirement',
    files: { 'constraints.txt': 'pbr===6.0.0\n', 'requirements.txt': 'pbr>=7\n' },
    args: [...run, '-c', 'constraints.txt'],
    exit: 1,
    says: 'constraints.txt:1',
  },
  constrained('39 cut', 'constraints that were cut in the middle of a line', 'pbr===7.0.3\noslo.config==', {
    exit: 2,
    code: 'E-REQ-SPEC',
    at: 'constraints.txt:2:14',
  }),
  constrained(
    '39 bare',
    'constraints that were cut behind the sign of a pin',
    'pbr===7.0.3\noslo.config===',
    { exit: 2, code: 'E-CON-FORM', at: 'constraints.txt:2:1' },
  ),
  constrained(
    '39 page',
    'a web page saved as constraints',
    '<!DOCTYPE html>\n<html><head><title>Sign in</title>\n',
    { exit: 2, code: 'E-CON-HTML', at: 'constraints.txt:1' },
  ),
  {
    id: '40',
    given: 'distributions that need one another, one of them by an extra of its own',
    index: {
      files: [
        indexWheel('liba', '1.0', { requires: ['libb', 'liba[all]'], extras: ['all'] }),
        indexWheel('libb', '1.0', { requires: ['liba'] }),
      ],
    },
    args: ['resolve', '--index-url', '{index}', 'liba'],
    exit: 0,
  },
  {
    id: '41',
    given: 'a chain of three hundred distributions',
    index: {
      coreMetadata: true,
      files: Array.from({ length: 300 }, (_, i) =>
        indexWheel(`chain${i}x`, '1.0', { requires: i === 299 ? [] : [`chain${i + 1}x`] }),
      ),
    },
    args: ['resolve', '--index-url', '{index}', 'chain0x'],
    exit: 0,
    seconds: 30,
  },
  {
    id: '42',
    given: 'many versions, of which no choice holds',
    index: {
      coreMetadata: true,
      files: Array.from({ length: 10 }, (_, i) =>
        Array.from({ length: 10 }, (__, v) =>
          indexWheel(`pick${i}x`, `${v + 1}.0`, {
            requires: [`pick${(i + 1) % 10}x==${((v + 1) % 10) + 1}.0`],
          }),
        ),
      ).flat(),
    },
    args: ['resolve', '--index-url', '{index}', ...Array.from({ length: 10 }, (_, i) => `pick${i}x<9`)],
    exit: 1,
    seconds: 10,
  },
]
