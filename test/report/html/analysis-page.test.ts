import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { analysisPage } from '#report/html/analysis-page.js'
import { libraryGraphs } from '#report/html/library-graph.js'
import { type Packed, unpack } from '#report/html/pack.js'
import type { ResultDocument } from '#report/html/result-document.js'
import { analysisDocument } from '#report/json.js'
import { analyze } from '#verbs/analyze.js'

const shell = { script: 'void 0', style: 'p{}' }

function dataIn(html: string): { readonly kind: string; readonly packed: Packed } {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!
  return JSON.parse(json)
}

describe('the page of a result', () => {
  let result: ResultDocument

  beforeAll(async () => {
    const analysis = await analyze({
      services: ['nova@2026.1'],
      host: '2025.1',
      python: '3.11',
      platform: 'linux/amd64',
      index: { offline: true },
      surroundings: true,
    })
    result = JSON.parse(JSON.stringify(analysisDocument(analysis))) as ResultDocument
  }, 60_000)

  it('holds the whole result, and is the same bytes for the same result', () => {
    const html = analysisPage(result, shell)
    const { kind, packed } = dataIn(html)
    expect(kind).toBe('analysis')
    expect((unpack(packed) as { result: unknown }).result).toEqual(result)
    expect(analysisPage(result, shell)).toBe(html)
  })

  it('lets only its own script and style work, by their hashes', () => {
    const html = analysisPage(result, shell)
    const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
    expect(html).toContain(
      `default-src 'none'; script-src 'sha256-${hashOf('void 0')}'; style-src 'sha256-${hashOf('p{}')}'`,
    )
    expect(html).not.toMatch(/unsafe|https?:|\bsrc=|@import|url\(/)
  })

  it('tells readers without scripts what is refused, and where', () => {
    const html = analysisPage(result, shell)
    const plain = /<noscript>(.*)<\/noscript>/s.exec(html)![1]!
    for (const name of ['futurist', 'os-traits', 'oslo-service']) expect(plain).toContain(name)
    expect(plain).toContain('constraints/requirements/nova-2026.1.txt:62')
  })

  it.each([
    '</script><script>window.pwned=1</script>',
    '<!--<script>',
    '</noscript><img src=x onerror="window.pwned=1">',
    '</title><svg onload=alert(1)>',
    '\u202etxt.exe\u2066',
    '\u2028\u2029',
    '\u001b[31mred',
    '"\'&`',
  ])('shows the name %j as text', (name) => {
    const named: ResultDocument = {
      ...result,
      target: { ...result.target, services: [{ name, release: name }] },
      findings: result.findings.map((finding) => ({
        ...finding,
        distribution: name,
        demand: {
          ...finding.demand,
          service: name,
          by: name,
          specifier: name,
          at: { path: name, line: 1, text: name },
        },
      })),
    }
    const html = analysisPage(named, shell)
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html.match(/<\/script/g)).toHaveLength(2)
    expect(html.match(/<!--|<img|<svg|<\/noscript>./g)).toBeNull()
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029\u001b]/)
  })

  it('has a graph for each library of an error, with whoever refuses it first', () => {
    const graphs = libraryGraphs(result.held!, result.findings)
    expect(graphs.map(({ distribution, to }) => `${distribution} ${to}`)).toEqual([
      'cotyledon ',
      'futurist 2026.1',
      'os-traits 2026.1',
      'oslo-service 2026.1',
    ])
    for (const graph of graphs.slice(1)) {
      expect(graph.rows[0]).toMatchObject({ who: 'nova@2026.1', refused: true })
      const held = result.held!.find(({ distribution }) => distribution === graph.distribution)!
      const errors = result.findings.filter(
        ({ distribution, level }) => distribution === graph.distribution && level === 'error',
      )
      expect(graph.rows.length + graph.more).toBe(held.demandedBy.length + errors.length)
      const tops = graph.rows.map(({ y }) => y)
      expect(tops).toEqual([...new Set(tops)].sort((one, other) => one - other))
      expect(Math.max(...tops)).toBeLessThan(graph.height)
      for (const { dots } of graph.rows) for (const dot of dots) expect(graph.services[dot]).toBeDefined()
    }
  })
})
