import { describe, expect, it } from 'vitest'
import { parseConstraintsText, pinsFor } from '#inputs/constraints-file.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'

const on = (python: string) => markerEnvironment(python, 'linux/amd64')

function pins(text: string, python = '3.11'): Record<string, string> {
  const active = pinsFor(parseConstraintsText(text, 'c.txt'), on(python))
  return Object.fromEntries([...active].map(([name, { version }]) => [name, version]))
}

describe('a constraints file', () => {
  it.each([
    [
      'upper-constraints lines',
      'XStatic-JQuery.quicksearch===2.0.3.2\nglance_store===4.9.1\n',
      { 'xstatic-jquery-quicksearch': '2.0.3.2', 'glance-store': '4.9.1' },
    ],
    ['==, spaces and comments', '# head\nfoo == 1.0 # why\n', { foo: '1.0' }],
    [
      'post releases and date versions',
      'ovs===2.17.1.post1\ntypes-setuptools===75.8.0.20250210\n',
      { ovs: '2.17.1.post1', 'types-setuptools': '75.8.0.20250210' },
    ],
    ['one pin twice', 'foo===1.0\nfoo===1.0\n', { foo: '1.0' }],
    ['one version in two spellings', 'foo===1.0\nFoo===1.0.0\n', { foo: '1.0' }],
    ['nothing but a comment', '# Empty because this is only supported in liberty and above.\n', {}],
    ['no line end at the end', 'foo===1.0', { foo: '1.0' }],
    ['a byte order mark and CR LF', '\ufefffoo===1.0\r\nbar===2\r\n', { foo: '1.0', bar: '2' }],
    ['a name that every object has', 'constructor===1\n', { constructor: '1' }],
  ])('may hold %s', (_, text, expected) => {
    expect(pins(text)).toEqual(expected)
  })

  it('parts two pins of one distribution by their markers', () => {
    const text = "networkx===3.2.1;python_version=='3.9'\nnetworkx===3.4.2;python_version>='3.10'\n"
    expect(pins(text, '3.9')).toEqual({ networkx: '3.2.1' })
    expect(pins(text, '3.12')).toEqual({ networkx: '3.4.2' })
    expect(pins(text, '3.8')).toEqual({})
  })

  it('refuses two pins that contradict each other, and shows both', () => {
    expect(() => pins('foo===1.0\nbar===1\nfoo===2.0\n')).toThrow(
      expect.objectContaining({
        code: 'E-CON-DUP',
        at: expect.objectContaining({ path: 'c.txt', line: 3 }),
        hint: expect.stringContaining('c.txt:1:1'),
      }),
    )
  })

  it('keeps what bounds and does not pin apart', () => {
    const { bounds, pins: all } = parseConstraintsText('setuptools<81\nfoo==1.*\n', 'c.txt')
    expect([...bounds.keys()]).toEqual(['setuptools', 'foo'])
    expect(all.size).toBe(0)
  })

  it('knows the place of each pin', () => {
    const { pins: all } = parseConstraintsText('# a\n\nfoo===1.0\n', 'c.txt')
    expect(all.get(normalizeName('foo') as DistributionName)![0]!.at).toEqual({
      path: 'c.txt',
      line: 3,
      column: 1,
      text: 'foo===1.0',
    })
  })

  it.each([
    ['foo[bar]===1.0', 'E-CON-FORM', 1],
    ['foo===1\nfoo @ https://files.example/foo.zip', 'E-CON-FORM', 2],
    ['-r other.txt', 'E-CON-FORM', 1],
    ['foo===1\noslo.conf', 'E-CON-FORM', 2],
    ['foo===1\noslo.config==', 'E-REQ-SPEC', 2],
    ['foo==weird', 'E-REQ-VERSION', 1],
    ["foo===1;python_version>='3.10',<=3.11", 'E-REQ-MARKER', 1],
    ['<!DOCTYPE html>\n<html>', 'E-CON-HTML', 1],
    ['\n  <html lang="en">', 'E-CON-HTML', 1],
  ])('with %j is %s', (text, code, line) => {
    expect(() => pins(text)).toThrow(
      expect.objectContaining({ code, at: expect.objectContaining({ path: 'c.txt', line }) }),
    )
  })
})
