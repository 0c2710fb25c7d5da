import { describe, expect, it } from 'vitest'
import { compareVersions, isPrerelease, parseVersion, tryParseVersion } from '#pep/version.js'
import { answers, differences } from './answers.js'

interface Answers {
  canonical: [text: string, canonical: string | null][]
  facts: [
    text: string,
    prerelease: boolean,
    publicText: string,
    local: string | null,
    epoch: number,
    release: number[],
    pre: [string, number] | null,
    post: number | null,
    dev: number | null,
  ][]
  order: string[][]
}

const { canonical, facts, order } = answers<Answers>('versions')

describe('versions agree with packaging 26.3', () => {
  it('on what is a version and how it is spelled', () => {
    const actual = ([text]: [string, unknown]) => tryParseVersion(text)?.text ?? null
    expect(differences(canonical, actual, ([, spelled]) => spelled)).toEqual([])
  })

  it('on their parts', () => {
    const actual = ([text]: Answers['facts'][number]) => {
      const version = parseVersion(text)
      const { epoch, release, pre, post, dev, local } = version
      return [
        text,
        isPrerelease(version),
        version.text.replace(/\+.*/, ''),
        local ?? null,
        epoch,
        release,
        pre === undefined ? null : [pre.label, pre.number],
        post ?? null,
        dev ?? null,
      ]
    }
    expect(differences(facts, actual, (row) => row)).toEqual([])
  })

  it('on the order of every pair', () => {
    const placed = order.flatMap((group, place) =>
      group.map((text) => ({ place, version: parseVersion(text) })),
    )
    const wrong: string[] = []
    for (const a of placed)
      for (const b of placed)
        if (compareVersions(a.version, b.version) !== Math.sign(a.place - b.place))
          wrong.push(`${a.version.text} against ${b.version.text}`)
    expect(wrong).toEqual([])
    expect(placed.length).toBeGreaterThan(500)
  })
})

describe('parseVersion', () => {
  it('names the place where a version stops being one', () => {
    expect(() => parseVersion('1.0.x')).toThrow(
      expect.objectContaining({
        code: 'E-REQ-VERSION',
        message: "'1.0.x' is not a version by PEP 440",
        at: { path: '', line: 1, column: 4, text: '1.0.x' },
      }),
    )
  })

  it('shows control characters and cuts long texts', () => {
    expect(() => parseVersion('1.0\x1b[2J')).toThrow(/'1\.0\\u\{1b\}\[2J' is not/)
    expect(() => parseVersion('x'.repeat(10_000))).toThrow(/^'x{200}…' is not/)
  })

  it.each([
    ['digits', '1'.repeat(1_000_000)],
    ['segments', '1.'.repeat(500_000)],
    ['blanks', `1${' '.repeat(1_000_000)}x`],
    ['local segments', `1+${'a.'.repeat(500_000)}`],
    ['local segments that end well', `1+${'a.'.repeat(500_000)}a`],
  ])('takes a megabyte of %s in its stride', (_, text) => {
    const start = performance.now()
    tryParseVersion(text)
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  it('keeps numbers apart that are equal as floating point', () => {
    const [a, b] = [parseVersion('1.9007199254740992'), parseVersion('1.9007199254740993')]
    expect(a.release).toEqual(b.release)
    expect(compareVersions(a, b)).toBe(-1)
  })
})
