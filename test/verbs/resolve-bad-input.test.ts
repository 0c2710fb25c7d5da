import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { type ResolveOptions, type ResolveResult, resolve } from '#verbs/resolve.js'
import {
  type Fault,
  type IndexFile,
  indexWheel,
  type PackageIndex,
  type PackageIndexOptions,
  startPackageIndex,
} from '../support/package-index.js'
import { lines, smallSession } from '../support/universe.js'

let folder = ''
let index: PackageIndex | undefined
let warnings: string[] = []
const cacheBefore = process.env.SVCSPLIT_CACHE_DIR

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-resolve-'))
  process.env.SVCSPLIT_CACHE_DIR = join(folder, 'cache')
  warnings = []
})
afterEach(async () => {
  await index?.close()
  index = undefined
  if (cacheBefore === undefined) delete process.env.SVCSPLIT_CACHE_DIR
  else process.env.SVCSPLIT_CACHE_DIR = cacheBefore
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function run(options: Partial<ResolveOptions>): Promise<ResolveResult> {
  return resolve({
    requirements: [],
    requirementsFiles: [],
    constraintsFiles: [],
    python: '3.11',
    platform: 'linux/amd64',
    prereleases: 'pip',
    offline: true,
    progress: { warn: (message) => warnings.push(message) },
    ...options,
  })
}

async function ask(
  files: readonly IndexFile[],
  requirements: readonly string[],
  {
    fault,
    deadlineMs,
    ...more
  }: Partial<PackageIndexOptions> & { fault?: [string, Fault]; deadlineMs?: number } = {},
): Promise<ResolveResult> {
  index = await startPackageIndex({ files, ...more })
  if (fault !== undefined) index.fault(...fault)
  const deadline = deadlineMs === undefined ? {} : { deadlineMs }
  return run({ offline: false, indexUrl: index.url, requirements, ...deadline })
}

function pinsOf(result: ResolveResult): unknown {
  return result.kind === 'solution' ? Object.fromEntries(result.pins) : result.kind
}

describe('Constraints and includes that contradict themselves', () => {
  it('two pins in one file are refused with both places', async () => {
    const constraints = write('c.txt', 'pbr===6.0.0\npbr===7.0.3\n')
    await expect(run({ requirements: ['pbr'], constraintsFiles: [constraints] })).rejects.toMatchObject({
      code: 'E-CON-DUP',
      at: { line: 2 },
      hint: expect.stringContaining('c.txt:1:1'),
    })
  })

  it('two files that pin it differently are a conflict of the two pins', async () => {
    const files = [write('one.txt', 'pbr===6.0.0\n'), write('two.txt', 'pbr===7.0.3\n')]
    const result = await run({ requirements: ['pbr'], constraintsFiles: files })
    if (result.kind !== 'conflicts') throw new Error(result.kind)
    expect(
      result.conflicts[0]!.lines.flatMap(({ origin }) => (origin && 'path' in origin ? origin.line : [])),
    ).toEqual([1, 1, 1])
  })

  it.each([
    ['a file that includes itself', '-r r.txt\n', 'E-REQ-CYCLE'],
    ['a file that is its own constraints', '-c r.txt\npbr\n', 'E-CON-FORM'],
    ['constraints that are not there', 'pbr\n-c nowhere.txt\n', 'E-FS-NOTFOUND'],
  ])('%s is refused at its line', async (_, text, code) => {
    const path = write('r.txt', text)
    const line = text.startsWith('-') ? 1 : 2
    await expect(run({ requirementsFiles: [path] })).rejects.toMatchObject({
      code,
      at: { path: expect.stringMatching(/r\.txt$/), line },
    })
  })
})

describe('Metadata that cannot be used', () => {
  const good = indexWheel('lib', '1.0')
  it.each([
    [
      'a requirement that is none',
      indexWheel('lib', '2.0', { requires: ['other >= '] }),
      'no version follows',
    ],
    ['a Requires-Python that is none', indexWheel('lib', '2.0', { requiresPython: 'three' }), 'three'],
    [
      'a wheel that is another distribution inside',
      { ...indexWheel('other', '2.0'), filename: 'lib-2.0-py3-none-any.whl' },
      'lib-2.0-py3-none-any.whl has no METADATA',
    ],
    [
      'a wheel that is no archive',
      { filename: 'lib-2.0-py3-none-any.whl', bytes: Buffer.from('<html>') },
      'lib-2.0',
    ],
    [
      'a direct URL among its demands',
      indexWheel('lib', '2.0', { requires: ['other @ file:///srv/o.whl'] }),
      'direct URL',
    ],
  ])('passes the version over, and says so: %s', async (_, bad, reason) => {
    expect(pinsOf(await ask([good, bad], ['lib']))).toEqual({ lib: '1.0' })
    expect(warnings.join('\n')).toContain('lib 2.0 was left out')
    expect(warnings.join('\n')).toContain(reason)
  })

  it('is told as the reason where no other version is left', async () => {
    const bad = indexWheel('lib', '2.0', { requires: ['other >= '] })
    const result = await ask([bad], ['lib'])
    if (result.kind !== 'conflicts') throw new Error(result.kind)
    expect(result.conflicts[0]!.lines).toContainEqual(
      expect.objectContaining({
        kind: 'gap',
        text: 'lib 2.0',
        trouble: expect.stringContaining('no version follows'),
      }),
    )
  })
})

describe('An index that lies', () => {
  const lib = indexWheel('lib', '1.0')
  const answer =
    (status: number, type: string, body: string): Fault =>
    (_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body)
      return true
    }

  it.each<[string, [string, Fault], string]>([
    ['about what it speaks', ['/lib/', answer(200, 'application/zip', 'PK')], 'E-IDX-CONTENT'],
    [
      'about whose page it is',
      [
        '/lib/',
        answer(
          200,
          'application/vnd.pypi.simple.v1+json',
          '{"meta":{"api-version":"1.0"},"name":"other","files":[]}',
        ),
      ],
      'E-IDX-CONTENT',
    ],
    [
      'with half a page',
      ['/lib/', answer(200, 'application/vnd.pypi.simple.v1+json', '{"files":[')],
      'E-IDX-CONTENT',
    ],
    [
      'about the hash of metadata',
      ['.metadata', answer(200, 'text/plain', 'Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n')],
      'E-IDX-HASH',
    ],
    ['about who may read it', ['/lib/', answer(403, 'text/html', 'no')], 'E-NET-STATUS'],
  ])('%s fails the run', async (_, fault, code) => {
    await expect(ask([lib], ['lib'], { fault, coreMetadata: true })).rejects.toMatchObject({ code })
  })

  it('and one that stalls is left after a deadline for all of its answers', async () => {
    const silent: Fault = () => true
    await expect(ask([lib], ['lib'], { fault: ['/lib/', silent], deadlineMs: 300 })).rejects.toMatchObject({
      code: 'E-NET-TIMEOUT',
      message: expect.stringContaining('within 0.3 s'),
    })
  })

  it('does so where each of very many answers comes in time', async () => {
    const slow: Fault = (_, response) => {
      setTimeout(() => response.writeHead(404).end(), 50)
      return true
    }
    const names = Array.from({ length: 2000 }, (_, i) => `name-${i}`)
    const asked = ask([lib], names, { fault: ['/', slow], deadlineMs: 500 })
    await expect(asked).rejects.toMatchObject({ code: 'E-NET-TIMEOUT' })
    expect(index!.requests.length).toBeLessThan(2000)
  })
})

// Two seconds of work; a machine that does much else takes its time.
describe('Very much input', { timeout: 120_000 }, () => {
  const file = (line: (i: number) => string) =>
    write('r.txt', Array.from({ length: 10_000 }, (_, i) => `${line(i)}\n`).join(''))

  it('of ten thousand lines that hold is answered', async () => {
    const requirementsFiles = [file((i) => `pbr>=0.${i}`)]
    expect(pinsOf(await run({ requirementsFiles }))).toMatchObject({ pbr: '7.0.3' })
  })

  it.each([
    ['names nothing that is known', (i: number) => `nowhere-${i}`, false],
    [
      'clashes with every other line',
      (i: number) => `pbr>=${i % 2 === 0 ? '7' : '1'}.0,!=0.${i},<${i % 2 === 0 ? '9' : '7'}`,
      false,
    ],
    ['clashes with the first line', (i: number) => (i === 0 ? 'pbr<7' : `pbr>=7,!=0.${i}`), true],
  ])('of which each line %s is told in part', async (_, line, isComplete) => {
    const result = await run({ requirementsFiles: [file(line)] })
    if (result.kind !== 'conflicts') throw new Error(result.kind)
    expect(result.isComplete).toBe(isComplete)
    expect(result.conflicts.length).toBe(isComplete ? 1 : 20)
    for (const { isMinimal } of result.conflicts) expect(isMinimal).toBe(true)
  })
})

describe('Extras that lead to one another', { timeout: 120_000 }, () => {
  it('in a circle of distributions are answered by an index', async () => {
    const count = 40
    const files = Array.from({ length: count }, (_, i) =>
      indexWheel(`lib${i}`, '1.0', {
        requires: [`lib${(i + 1) % count}[deep]; extra == "deep"`],
        extras: ['deep'],
      }),
    )
    const result = await ask(files, ['lib0[deep]'], { coreMetadata: true })
    if (result.kind !== 'solution') throw new Error(result.kind)
    expect(result.pins.size).toBe(count)
  })

  it('in a circle of thousands are answered, without a call for each', () => {
    const count = 3000
    const universe = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `lib${i}`,
        { '1': [`lib${(i + 1) % count}[deep]; extra == "deep"`] },
      ]),
    )
    const outcome = finish(solve(smallSession(universe), { lines: lines(['lib0[deep]']) }))
    expect(outcome.kind === 'solution' && outcome.pins.size).toBe(count)
  })

  it('of one distribution are followed, to itself as well', async () => {
    const requires = [
      'app[two]; extra == "one"',
      'app[three, one]; extra == "two"',
      'lib; extra == "three"',
      'never; extra == "four"',
    ]
    const extras = ['one', 'two', 'three', 'four']
    const files = [indexWheel('app', '1.0', { requires, extras }), indexWheel('lib', '1.0')]
    expect(pinsOf(await ask(files, ['app[one]']))).toEqual({ app: '1.0', lib: '1.0' })
  })

  it('bind together with what is demanded elsewhere', async () => {
    const files = [
      indexWheel('app', '2.0', { requires: ['lib[fast]'] }),
      indexWheel('lib', '1.0', { requires: ['core; extra == "fast"'], extras: ['fast'] }),
      indexWheel('lib', '2.0', { requires: ['core>=2; extra == "fast"'], extras: ['fast'] }),
      indexWheel('core', '1.0'),
      indexWheel('core', '2.0'),
    ]
    expect(pinsOf(await ask(files, ['app', 'core<2']))).toEqual({ app: '2.0', core: '1.0', lib: '1.0' })
  })
})
