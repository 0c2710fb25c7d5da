import { describe, expect, it } from 'vitest'
import { describeError } from '#cli/print-error.js'
import { errorCodes, SvcsplitError, visible } from '#errors.js'

describe('describeError', () => {
  it('says what, where with a caret, and what to do', () => {
    const error = new SvcsplitError('E-REQ-SPEC', 'a version is missing after >=', {
      at: { path: 'requirements.txt', line: 7, column: 14, text: 'oslo.config>= ' },
      hint: 'write for example oslo.config>=9.0',
    })
    expect(describeError(error, false)).toEqual({
      exitCode: 2,
      text: [
        'error: a version is missing after >= [E-REQ-SPEC]',
        '  at requirements.txt:7:14',
        '    oslo.config>= ',
        '                 ^',
        '  write for example oslo.config>=9.0',
        '',
      ].join('\n'),
    })
  })

  it('names the archive and its member', () => {
    const at = { archive: 'a-1-py3-none-any.whl', member: '../evil' }
    const { text, exitCode } = describeError(
      new SvcsplitError('E-WHL-PATH', 'would be written outside', { at }),
      false,
    )
    expect(text).toContain('  at a-1-py3-none-any.whl!../evil\n')
    expect(exitCode).toBe(4)
  })

  it('keeps the caret in place behind characters that are shown escaped', () => {
    const at = { path: 'a.txt', line: 1, column: 3, text: 'a\u001bb' }
    const lines = describeError(new SvcsplitError('E-REQ-CONTROL', 'x', { at }), false).text.split('\n')
    expect(lines[2]).toBe('    a\\u{1b}b')
    expect(lines[3]!.indexOf('^')).toBe(lines[2]!.lastIndexOf('b'))
  })

  it.each([
    ['alpha @ https://me:hunter2@host.example/a', 'alpha @ https://**********@host.example/a'],
    ['git+ssh://hunter2@host.example/a@v1', 'git+ssh://*******@host.example/a@v1'],
    ['--index-url https://me:p@ss@host.example/a', '--index-url https://*******@host.example/a'],
    ['registry:me:hunter2@host.example/a:1', 'registry:**********@host.example/a:1'],
    ['"me:hunter2@host.example/a"', '"**********@host.example/a"'],
    ['host.example/a:1@sha256:00 is https://host.example/a@b', undefined],
  ])('shows no login: %s', (text, shown = text) => {
    const at = { path: 'r.txt', line: 1, column: text.length, text }
    const told = describeError(new SvcsplitError('E-REQ-URL', text, { hint: text, at }), false).text
    expect(told.split('\n').map((line) => line.trim())).toEqual([
      `error: ${shown} [E-REQ-URL]`,
      `at r.txt:1:${text.length}`,
      shown,
      '^',
      shown,
      '',
    ])
  })

  it('looks for logins in a long line in no time', () => {
    const started = process.cpuUsage().user
    for (const piece of ['a:', 'registry:', 'registry:a:', '"a:', '://', '://a', "' a:"])
      visible(`${piece.repeat(64 * 1024)}@`, 100)
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(500)
  })

  it('shows a bug in one line, with the stack only when asked', () => {
    expect(describeError(new TypeError('x is not a function'), false)).toMatchObject({ exitCode: 70 })
    expect(describeError(new TypeError('x'), false).text).not.toContain('    at ')
    expect(describeError(new TypeError('x'), true).text).toContain('    at ')
  })

  it.each(Object.keys(errorCodes) as (keyof typeof errorCodes)[])('%s ends with 2, 3 or 4', (code) => {
    expect([2, 3, 4]).toContain(describeError(new SvcsplitError(code, 'x'), false).exitCode)
  })
})

it('tells what the system refused while code was loaded as the fault of the machine, with its path', () => {
  const error = Object.assign(new Error("EMFILE: too many open files, open '/opt/x.js'"), {
    code: 'EMFILE',
    errno: -24,
    syscall: 'open',
    path: '/opt/x.js',
  })
  expect(describeError(error, false)).toEqual({
    text: [
      'error: cannot open /opt/x.js: too many open files (ulimit -n) (EMFILE) [E-FS-IO]',
      '  at /opt/x.js',
      '  raise the limit of open files: ulimit -n 4096',
      '',
    ].join('\n'),
    exitCode: 4,
  })
})
