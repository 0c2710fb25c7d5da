import { beforeAll, describe, expect, it } from 'vitest'
import { analysisFrom } from '#report/read-json.js'
import { type Analysis, analyze } from '#verbs/analyze.js'
import { parseSaved } from '#verbs/saved-result.js'
import { analysisFormats } from '../../src/cli/analysis-formats.js'

const bound = {
  distribution: 'octavia-lib',
  by: 'octavia 18.0.0',
  specifier: '>=3.8.0',
  lowest: '3.8.0',
  level: 'warning',
  needsFrom: '3.10.0',
  name: 'octavia_lib.api.drivers.exceptions.Conflict',
  usedAt: { path: 'octavia/api/drivers/amphora_driver/v2/driver.py', line: 132 },
}

/** Octavia of 2026.1 declares octavia-lib>=3.8.0, and calls what came with 3.10.0. */
describe('A declared bound that the code contradicts', () => {
  let result: Analysis

  beforeAll(async () => {
    result = await analyze({
      services: ['octavia@2026.1'],
      host: '2026.1',
      python: '3.11',
      platform: 'linux/amd64',
      index: { offline: true },
    })
  }, 60_000)

  const written = (format: string) => analysisFormats(result)[format]!({ width: 120, color: false })

  it('is told in text with both lines', async () => {
    const text = await written('text')
    expect(text).toContain(
      [
        'bounds that are fiction  the oldest version that is declared to be enough lacks what the code needs',
        '  octavia-lib >=3.8.0 takes 3.8.0, which lacks octavia_lib.api.drivers.exceptions.Conflict, needed when called; 3.10.0',
        '    has it',
        '      octavia/api/drivers/amphora_driver/v2/driver.py:132 against octavia 18.0.0 Requires-Dist[40]',
      ].join('\n'),
    )
  })

  it('is told in Markdown with both lines', async () => {
    expect(await written('markdown')).toContain(
      '| `octavia@2026.1` | `octavia-lib >=3.8.0` | `octavia 18.0.0 Requires-Dist[40]` | `3.8.0` | ' +
        '`octavia_lib.api.drivers.exceptions.Conflict` | `octavia/api/drivers/amphora_driver/v2/driver.py:132` | ' +
        'when called | `3.10.0` |',
    )
  })

  it('is in JSON, which fits its schema, and in what is made of that again', async () => {
    const json = await written('json')
    const [cell] = (JSON.parse(json) as { cells: { fictionalBounds: unknown }[] }).cells
    expect(cell!.fictionalBounds).toMatchObject([bound])
    const saved = await parseSaved(json, 'saved.json')
    const again = analysisFrom(saved.kind === 'analysis' && saved.document)
    expect(again.cells[0]!.fictions).toMatchObject([bound])
  })
})
