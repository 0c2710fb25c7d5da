import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { versionOfFilename } from '#catalog/filename-version.js'
import { readAnchors } from '#catalog/simple-html.js'
import { parseSimplePage } from '#catalog/simple-page.js'
import { SvcsplitError } from '#errors.js'
import type { DistributionName } from '#pep/name.js'

const name = 'demo' as DistributionName
const url = 'https://index.example/simple/demo/'
const json = 'application/vnd.pypi.simple.v1+json'
const digest = 'a'.repeat(64)
const parse = (body: string, type: string) => parseSimplePage(Buffer.from(body), type, url, name)
const page = (file: object, rest: object = {}): string =>
  JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'demo', files: [file], ...rest })
const file = {
  filename: 'demo-1.0-py3-none-any.whl',
  url: 'demo-1.0-py3-none-any.whl',
  hashes: { sha256: digest },
}

describe('a page in JSON', () => {
  it('gives files with what PEP 691, 700, 592 and 714 define', () => {
    const full = {
      ...file,
      size: 12,
      'upload-time': '2024-01-01T00:00:00Z',
      'requires-python': '>=3.8',
      yanked: 'broken',
      'core-metadata': { sha256: digest },
    }
    expect(parse(page(full), json).files).toEqual([
      {
        filename: 'demo-1.0-py3-none-any.whl',
        version: '1.0',
        kind: 'wheel',
        url: 'https://index.example/simple/demo/demo-1.0-py3-none-any.whl',
        sha256: digest,
        size: 12,
        uploadTime: '2024-01-01T00:00:00Z',
        requiresPython: '>=3.8',
        yanked: 'broken',
        coreMetadata: { sha256: digest },
      },
    ])
  })

  it.each([
    'yesterday',
    '2024-02-30T25:00:00Z',
    '2024-01-01T00:00:00+01:00',
    '2024-01-01T00:00:00Z, url = "https://evil.example/demo.whl"',
    '2024-01-01T00:00:00Z\nevil 1.0',
  ])('tells no upload time that is none: %j', (time) => {
    const [read] = parse(page({ ...file, 'upload-time': time }), json).files
    expect(read).toMatchObject({ filename: file.filename })
    expect(read).not.toHaveProperty('uploadTime')
  })

  it.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['no files', '{"name":"demo"}'],
    ['another project', page(file, { name: 'other' })],
    ['another major version of the API', page(file, { meta: { 'api-version': '2.0' } })],
    ['a file without name', page({ url: 'x' })],
    ['a file that is a number', JSON.stringify({ files: [1] })],
  ])('that is %s is refused', (_, body) => {
    expect(() => parse(body, json)).toThrow(expect.objectContaining({ code: 'E-IDX-CONTENT' }))
  })

  it.each([
    ['of another project', 'other-1.0-py3-none-any.whl'],
    ['with a path in its name', '../demo-1.0.tar.gz'],
    ['that is an egg', 'demo-1.0-py3.6.egg'],
    ['with a version that is none', 'demo-one.tar.gz'],
  ])('leaves out a file %s', (_, filename) => {
    expect(parse(page({ ...file, filename }), json).files).toEqual([])
  })

  it.each(['file:///etc/passwd', 'javascript:alert(1)', 'http://'])('leaves out a file at %s', (href) => {
    expect(parse(page({ ...file, url: href }), json).files).toEqual([])
  })
})

describe('a page in HTML', () => {
  const html = (links: string): string => `<!DOCTYPE html><html><body>${links}</body></html>`

  it('gives files with what PEP 503, 592 and 658 define', () => {
    const link = `<A data-requires-python="&gt;=3.8" data-yanked="" data-dist-info-metadata='sha256=${digest}'
      HREF="../../f/demo-1.0.tar.gz#sha256=${digest.toUpperCase()}">demo-1.0.tar.gz</A>`
    expect(parse(html(link), 'text/html; charset=utf-8').files).toEqual([
      {
        filename: 'demo-1.0.tar.gz',
        version: '1.0',
        kind: 'sdist',
        url: 'https://index.example/f/demo-1.0.tar.gz',
        sha256: digest,
        requiresPython: '>=3.8',
        yanked: true,
        coreMetadata: { sha256: digest },
      },
    ])
  })

  it('heeds a base address, comments and raw text', () => {
    const links = `<base href="https://files.example/d/"><!-- <a href="demo-9.tar.gz">demo-9.tar.gz</a> -->
      <script>"<a href='demo-8.tar.gz'>demo-8.tar.gz</a>"</script><a href=demo-1.0.tar.gz>demo-1.0.tar.gz`
    expect(parse(html(links), 'text/html').files.map((found) => found.url)).toEqual([
      'https://files.example/d/demo-1.0.tar.gz',
    ])
  })

  it.each([
    ['a login form', html('<form action="/login"><input name="user"></form>'), 'text/html'],
    ['nothing', '', 'text/html'],
    ['plain text', 'demo', 'text/plain'],
    ['no type', '', ''],
  ])('that is %s is refused as no index page', (_, body, type) => {
    expect(() => parse(body, type)).toThrow(expect.objectContaining({ code: 'E-IDX-CONTENT' }))
  })

  it('takes time that grows with its length alone', () => {
    for (const evil of ['<a ', '<a b=', '<a href="', '<script>', '<!--', '<a x ', '&#', '<']) {
      const started = performance.now()
      readAnchors(evil.repeat(200_000))
      expect(performance.now() - started, JSON.stringify(evil)).toBeLessThan(2_000)
    }
  })

  it('of any text gives links or a typed error, never another one', () => {
    const pieces = fc.constantFrom(
      '<a',
      ' href=',
      '"',
      "'",
      '>',
      '</a>',
      '&gt;',
      '&#x110000;',
      '<!--',
      '-->',
      'x',
      '=',
      '/',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        try {
          parse(parts.join(''), 'text/html')
        } catch (error) {
          expect(error).toBeInstanceOf(SvcsplitError)
        }
      }),
    )
  })
})

describe('the version of a file', () => {
  it.each([
    ['XStatic-JQuery.quicksearch-2.0.3.2.tar.gz', 'xstatic-jquery-quicksearch', '2.0.3.2'],
    ['demo-2023.03.6-py2.py3-none-any.whl', 'demo', '2023.03.6'],
    ['demo_-_2-1.0.tar.gz', 'demo-2', '1.0'],
    ['simplegeneric-0.8.1.zip', 'simplegeneric', '0.8.1'],
    ['demo-1.0+local_1-py3-none-any.whl', 'demo', '1.0+local-1'],
    ['demo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl', 'demo', '1.0'],
    ['demo-1.0-py3-none.whl', 'demo', undefined],
    ['demo-extra-1.0.tar.gz', 'demo', undefined],
    ['.demo-1.0.tar.gz', 'demo', undefined],
  ])('%s of %s is %s', (filename, project, version) => {
    expect(versionOfFilename(filename, project as DistributionName)?.version).toBe(version)
  })
})
