import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseRequirementsFile, parseRequirementsText } from '#inputs/requirements-file.js'
import { formatRequirement } from '../support/format-requirement.js'

/** `${NAME}` as a requirements file writes it. */
function variable(name: string): string {
  return ['$', '{', name, '}'].join('')
}

function parsed(text: string, environment: Record<string, string> = {}): readonly string[] {
  return parseRequirementsText(text, 'r.txt', { environment }).requirements.map(({ requirement }) =>
    formatRequirement(requirement),
  )
}

function refused(text: string, environment: Record<string, string> = {}): unknown {
  try {
    parsed(text, environment)
  } catch (error) {
    return error
  }
  return undefined
}

describe('a requirements file', () => {
  it.each([
    ['a comment after a requirement', 'oslo.config>=1 # Apache-2.0\n', ['oslo.config>=1']],
    ['a # inside a word, which is no comment', 'Pint>=0.5  # BSD;fred\n', ['Pint>=0.5']],
    ['blank lines and comment lines', '\n  # only\n\nfoo\n', ['foo']],
    ['a continuation line', 'foo>=1,\\\n  <2\n', ['foo<2,>=1']],
    ['a backslash at the end of the file', 'foo==1.0 \\', ['foo==1.0']],
    ['a comment line in a continuation, which ends it', 'foo>=1 \\\n# no\nbar\n', ['foo>=1', 'bar']],
    ['CR LF', 'foo\r\nbar>=1\r\n', ['foo', 'bar>=1']],
    ['a byte order mark', '\ufefffoo\nbar\n', ['foo', 'bar']],
    [
      'two lines for one distribution',
      'oslo.service>=4.4.1\noslo.service[threading]>=4.4.1\n',
      ['oslo.service>=4.4.1', 'oslo.service[threading]>=4.4.1'],
    ],
    [
      'names that objects have',
      'hasOwnProperty\nconstructor>=1\ntoString\n',
      ['hasOwnProperty', 'constructor>=1', 'toString'],
    ],
    ['a hash', `foo==1 --hash=sha256:${'a'.repeat(64)}\n`, ['foo==1']],
    [
      'hashes over several lines',
      `foo==1 \\\n  --hash=sha256:${'a'.repeat(64)} \\\n  --hash=sha256:${'b'.repeat(64)}\n`,
      ['foo==1'],
    ],
    [
      'NAME @ URL',
      'foo @ https://files.example/foo-1.0.tar.gz\n',
      ['foo @ https://files.example/foo-1.0.tar.gz'],
    ],
    [
      'the URL of a wheel',
      'https://files.example/foo_bar-1.0-py3-none-any.whl\n',
      ['foo-bar @ https://files.example/foo_bar-1.0-py3-none-any.whl'],
    ],
    [
      'an editable one with its name',
      '-e git+https://git.example/x.git@1#egg=foo\n',
      ['foo @ git+https://git.example/x.git@1#egg=foo'],
    ],
    ['arbitrary equality', 'foo===weird\n', ['foo===weird']],
  ])('may hold %s', (_, text, expected) => {
    expect(parsed(text)).toEqual(expected)
  })

  it('keeps the place and the text of each requirement', () => {
    const { requirements } = parseRequirementsText('# head\n\n  foo>=1 # why\n', 'r.txt')
    expect(requirements[0]).toMatchObject({
      text: 'foo>=1',
      at: { path: 'r.txt', line: 3, column: 3, text: '  foo>=1 # why' },
    })
  })

  it('fills variables, and shows neither their values nor their absence as something else', () => {
    expect(
      parsed(`foo @ https://u:${variable('TOKEN')}@files.example/foo.zip\n`, { TOKEN: 'secret' }),
    ).toEqual(['foo @ https://u:secret@files.example/foo.zip'])
    const { requirements } = parseRequirementsText(
      `foo @ https://${variable('TOKEN')}@x.example/f.zip\n`,
      'r.txt',
      {
        environment: { TOKEN: 'secret' },
      },
    )
    expect(requirements[0]!.text).not.toContain('secret')
    expect(refused(`foo==${variable('VERSION')}\n`)).toMatchObject({
      code: 'E-REQ-ENV',
      at: { path: 'r.txt', line: 1, column: 6 },
    })
    expect(refused(`foo==${variable('V')}\n`, { V: 'secret\n--pre' })).toMatchObject({
      code: 'E-REQ-ENV',
      message: expect.not.stringContaining('secret'),
    })
  })

  it.each([
    ['oslo.config >= ', 'E-REQ-SPEC', 1],
    ['a\nnova==1.0,,<2', 'E-REQ-SPEC', 2],
    ['foo bar', 'E-REQ-SYNTAX', 1],
    ['foo==not-a-version', 'E-REQ-VERSION', 1],
    ['foo; python_version > ', 'E-REQ-MARKER', 1],
    ['foo; os_nam == "posix"', 'E-REQ-MARKER', 1],
    ['foo[a,,b]', 'E-REQ-EXTRA', 1],
    ['f\u043eo', 'E-REQ-NAME', 1],
    ['a\n\n--index-url https://index.example/simple', 'E-REQ-OPTION', 3],
    ['--trusted-host index.example', 'E-REQ-OPTION', 1],
    ['--pre', 'E-REQ-OPTION', 1],
    ['foo --global-option=x', 'E-REQ-OPTION', 1],
    ['foo==1 --hash=md5:abc', 'E-REQ-HASH', 1],
    ['foo==1 --hash=sha256:abc', 'E-REQ-HASH', 1],
    ['-e .', 'E-REQ-URL', 1],
    ['./local/foo', 'E-REQ-URL', 1],
    ['https://files.example/foo-1.0.tar.gz', 'E-REQ-URL', 1],
    ['-r https://files.example/r.txt', 'E-REQ-URL', 1],
    ['foo\u0000bar', 'E-REQ-CONTROL', 1],
    ['foo # x\u2028bar', 'E-REQ-CONTROL', 1],
    ['a\nfoo\ffoo', 'E-REQ-CONTROL', 2],
    [`foo ${' '.repeat(70_000)}`, 'E-REQ-LIMIT', 1],
    ['foo \ufffd', 'E-REQ-ENCODING', 1],
  ])('with %j is %s', (text, code, line) => {
    expect(refused(text)).toMatchObject({ code, at: { path: 'r.txt', line } })
  })

  it('points at the column of what is wrong', () => {
    expect(refused('  foo >= 1, < 2,, <3')).toMatchObject({ at: { line: 1, column: expect.any(Number) } })
    const error = refused('foo>=1; os_nam == "posix"') as { at: { column: number } }
    expect(error.at.column).toBe(9)
  })

  it('bad bytes in a comment are let pass, elsewhere they are refused', () => {
    expect(parsed('foo # caf\ufffd\n')).toEqual(['foo'])
  })
})

describe('a requirements file that includes others', () => {
  let dir = ''
  const write = (name: string, text: string | Uint8Array) => writeFile(join(dir, name), text)
  const names = async (name: string) =>
    (await parseRequirementsFile(join(dir, name))).requirements.map(({ requirement }) => requirement.name)

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'svcsplit-test-'))
    await mkdir(join(dir, 'sub'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  it('reads them in place, relative to the file that names them', async () => {
    await write('top.txt', 'a\n-r sub/one.txt\nb\n-c pins.txt\n')
    await write('sub/one.txt', 'x\n--requirement=two.txt\n')
    await write('sub/two.txt', 'y\n')
    expect(await names('top.txt')).toEqual(['a', 'x', 'y', 'b'])
    const file = await parseRequirementsFile(join(dir, 'top.txt'))
    expect(file.includes).toMatchObject([{ kind: 'constraints', path: join(dir, 'pins.txt') }])
    expect(file.files.map(({ path }) => path.slice(dir.length))).toEqual([
      '/top.txt',
      '/sub/one.txt',
      '/sub/two.txt',
    ])
  })

  it('reads one file twice where two others include it', async () => {
    await write('d.txt', '-r left.txt\n-r right.txt\n')
    await write('left.txt', '-r both.txt\n')
    await write('right.txt', '-r both.txt\n')
    await write('both.txt', 'z\n')
    expect(await names('d.txt')).toEqual(['z', 'z'])
  })

  it('refuses a cycle, also one by way of a link, and shows the chain', async () => {
    await write('self.txt', '-r ./sub/../self.txt\n')
    await expect(names('self.txt')).rejects.toMatchObject({
      code: 'E-REQ-CYCLE',
      message: expect.stringContaining('self.txt > self.txt'),
      at: { line: 1 },
    })
    await write('first.txt', '-r alias.txt\n')
    await symlink('first.txt', join(dir, 'alias.txt'))
    await expect(names('first.txt')).rejects.toMatchObject({ code: 'E-REQ-CYCLE' })
  })

  it('refuses a chain deeper than anyone writes', async () => {
    for (let index = 0; index < 80; index += 1) await write(`deep${index}.txt`, `-r deep${index + 1}.txt\n`)
    await expect(names('deep0.txt')).rejects.toMatchObject({ code: 'E-REQ-LIMIT' })
  })

  it('says where the include stands that names no file', async () => {
    await write('gone.txt', 'a\n-r nowhere.txt\n')
    await expect(names('gone.txt')).rejects.toMatchObject({ code: 'E-FS-NOTFOUND', at: { line: 2 } })
  })

  it('refuses a folder, and UTF-16', async () => {
    await expect(names('sub')).rejects.toMatchObject({ code: 'E-FS-KIND' })
    await write('wide.txt', new Uint8Array([0xff, 0xfe, 0x66, 0]))
    await expect(names('wide.txt')).rejects.toMatchObject({ code: 'E-REQ-ENCODING' })
  })
})
