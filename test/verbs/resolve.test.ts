import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { normalizeName } from '#pep/name.js'
import { resolveText } from '#report/resolve-text.js'
import { type ResolveOptions, type ResolveResult, resolve } from '#verbs/resolve.js'
import { type IndexFile, type PackageIndex, startPackageIndex } from '../support/package-index.js'
import { writeWheel } from '../support/wheel-writer.js'

let folder = ''
let index: PackageIndex | undefined
const cacheBefore = process.env.SVCSPLIT_CACHE_DIR

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-resolve-'))
  process.env.SVCSPLIT_CACHE_DIR = join(folder, 'cache')
})
afterEach(async () => {
  await index?.close()
  index = undefined
  if (cacheBefore === undefined) delete process.env.SVCSPLIT_CACHE_DIR
  else process.env.SVCSPLIT_CACHE_DIR = cacheBefore
  rmSync(folder, { recursive: true, force: true })
})

function wheel(
  name: string,
  version: string,
  requires: readonly string[] = [],
  more: Partial<IndexFile> = {},
): IndexFile {
  const lines = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`]
  lines.push(...requires.map((text) => `Requires-Dist: ${text}`), '')
  const { filename, bytes } = writeWheel([], { name, version, metadata: lines.join('\n') })
  return { filename, bytes, ...more }
}

async function ask(
  files: readonly IndexFile[],
  options: Partial<ResolveOptions>,
  format: 'json' | 'html' = 'json',
): Promise<ResolveResult> {
  index = await startPackageIndex({ files, format })
  return resolve({
    requirements: [],
    requirementsFiles: [],
    constraintsFiles: [],
    python: '3.11',
    platform: 'linux/amd64',
    prereleases: 'pip',
    offline: false,
    indexUrl: index.url,
    ...options,
  })
}

function told(result: ResolveResult): unknown {
  if (result.kind === 'solution') return Object.fromEntries(result.pins)
  if (result.kind === 'undecided') return 'undecided'
  return result.conflicts.map(({ lines }) =>
    lines.map(({ text, trouble }) => (trouble === undefined ? text : `${text}: ${trouble}`)),
  )
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const files = [
  wheel('app', '1.0', ['lib>=1', 'extra-lib; extra == "more"']),
  wheel('app', '2.0', ['lib>=2', "old; python_version < '3.8'"]),
  wheel('lib', '1.0'),
  wheel('lib', '2.0'),
  wheel('extra_lib', '0.1'),
]

describe('Resolving against an index', () => {
  it('takes the newest of everything that is needed', async () => {
    expect(told(await ask(files, { requirements: ['app'] }))).toEqual({ app: '2.0', lib: '2.0' })
  })

  it('obeys constraints, in a file of their own or named by the requirements file', async () => {
    const constraints = write('c.txt', 'lib===1.0\nunused===9\n')
    const expected = { app: '1.0', lib: '1.0' }
    expect(told(await ask(files, { requirements: ['app'], constraintsFiles: [constraints] }))).toEqual(
      expected,
    )
    await index?.close()
    const requirements = write('r.txt', '-c c.txt\napp\n')
    expect(told(await ask(files, { requirementsFiles: [requirements] }))).toEqual(expected)
  })

  it('brings in what an extra demands', async () => {
    expect(told(await ask(files, { requirements: ['app[more]<2'] }))).toEqual({
      app: '1.0',
      'extra-lib': '0.1',
      lib: '2.0',
    })
  })

  it('leaves out lines whose marker does not hold', async () => {
    expect(told(await ask(files, { requirements: ['lib', 'app; sys_platform == "win32"'] }))).toEqual({
      lib: '2.0',
    })
  })

  it('tells a conflict with the lines that were written', async () => {
    const result = await ask(files, { requirements: ['app>=2', 'lib < 2  # old'] })
    expect(told(result)).toEqual([['app>=2', 'lib < 2']])
  })

  it('takes a name that the index does not have for a conflict', async () => {
    expect(told(await ask(files, { requirements: ['nowhere'] }))).toEqual([
      ['nowhere', 'nowhere: there is no such distribution'],
    ])
  })

  it('passes over versions without a file for the platform, for another Python, and yanked ones', async () => {
    const windows = writeWheel([], { name: 'lib', version: '3.0' })
    const result = await ask(
      [
        ...files,
        { filename: 'lib-3.0-cp311-cp311-win_amd64.whl', bytes: windows.bytes },
        wheel('lib', '4.0', [], { requiresPython: '>=3.12' }),
        wheel('lib', '5.0', [], { yanked: 'broken' }),
      ],
      { requirements: ['lib'] },
    )
    expect(told(result)).toEqual({ lib: '2.0' })
  })

  it('fetches no metadata of versions that it does not come to', async () => {
    const versions = Array.from({ length: 40 }, (_, i) => wheel('lib', `1.${i}`))
    await ask([wheel('app', '1.0', ['lib']), ...versions], { requirements: ['app'] })
    const fetched = index!.requests.filter(({ path }) => path.startsWith('/files/'))
    expect(new Set(fetched.map(({ path }) => path))).toEqual(
      new Set(['/files/app-1.0-py3-none-any.whl', '/files/lib-1.39-py3-none-any.whl']),
    )
  })

  it('fails where the index does not answer, and says that it did', async () => {
    await expect(
      ask(files, { requirements: ['app'], indexUrl: 'http://127.0.0.1:9/simple' }),
    ).rejects.toMatchObject({
      code: 'E-NET-CONNECT',
    })
  })
})

describe('Direct URLs, where they are allowed', () => {
  const lib = wheel('lib', '3.0', ['dep'])
  const digest = createHash('sha256').update(lib.bytes).digest('hex')

  it('give a distribution the one version that lies there, with its demands', async () => {
    const path = join(folder, lib.filename)
    writeFileSync(path, lib.bytes)
    const result = await ask([wheel('lib', '4.0'), wheel('dep', '1.0')], {
      allowUrls: true,
      requirements: [`lib @ file://${path}#sha256=${digest}`],
    })
    expect(told(result)).toEqual({ dep: '1.0', lib: '3.0' })
    expect(resolveText(result, { color: false, width: 100 })).toBe(
      `dep==1.0\nlib @ file://${path}#sha256=${digest}\n`,
    )
  })

  it('may name a pre-release, and what the index has not', async () => {
    const early = wheel('lib', '5.0.dev1')
    const path = join(folder, early.filename)
    writeFileSync(path, early.bytes)
    const result = await ask(files, {
      allowUrls: true,
      requirements: [`lib @ file://${path}`, 'app'],
    })
    expect(told(result)).toEqual({ app: '2.0', lib: '5.0.dev1' })
    const own = wheel('own', '1.0')
    writeFileSync(join(folder, own.filename), own.bytes)
    await index!.close()
    const alone = await ask(files, {
      allowUrls: true,
      requirements: [`own @ file://${join(folder, own.filename)}`],
    })
    expect(told(alone)).toEqual({ own: '1.0' })
  })

  it('are read from the end of a wheel on a server, and conflict with who wants another version', async () => {
    const server = await startPackageIndex({ files: [lib] })
    const requirements = [`lib @ ${server.origin.replace('//', '//user:secret@')}/files/${lib.filename}`]
    try {
      const result = await ask([wheel('dep', '1.0')], { allowUrls: true, requirements })
      expect(told(result)).toEqual({ dep: '1.0', lib: '3.0' })
      expect(resolveText(result, { color: false, width: 100 })).toContain(
        `lib @ ${server.origin}/files/${lib.filename}\n`,
      )
      expect(server.requests.map(({ range }) => range)).toEqual([expect.stringMatching(/^bytes=-/)])
      await index!.close()
      const app = wheel('app', '9', ['lib>=4'])
      const refused = await ask([wheel('lib', '4.0'), wheel('dep', '1.0'), app], {
        allowUrls: true,
        requirements: [...requirements, 'app==9'],
      })
      expect(told(refused)).toEqual([
        expect.arrayContaining([
          `lib @ ${server.origin.replace('//', '//***@')}/files/${lib.filename}`,
          'app==9',
        ]),
      ])
    } finally {
      await server.close()
    }
  })

  it('with another hash are refused, and so are two of one distribution, and repositories', async () => {
    const path = join(folder, lib.filename)
    writeFileSync(path, lib.bytes)
    const refusal = (...requirements: string[]) => ask([], { allowUrls: true, requirements })
    await expect(refusal(`lib @ file://${path}#sha256=${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'E-IDX-HASH',
    })
    await expect(refusal(`lib @ file://${path}`, 'lib @ file:///srv/lib-1.0.tar.gz')).rejects.toMatchObject({
      code: 'E-REQ-URL',
      message: 'lib is demanded from two places',
    })
    await expect(refusal('lib @ git+https://code.example/lib.git')).rejects.toMatchObject({
      code: 'E-REQ-URL',
    })
    await expect(refusal('lib @ file:///srv/other-1.0-py3-none-any.whl')).rejects.toMatchObject({
      code: 'E-REQ-URL',
      at: { path: 'command line', line: 1 },
    })
    await expect(refusal(`lib @ file://${path}#md5=00`)).rejects.toMatchObject({ code: 'E-REQ-HASH' })
    await expect(refusal('lib @ file:///nowhere/lib-1.0-py3-none-any.whl')).rejects.toMatchObject({
      code: 'E-FS-NOTFOUND',
    })
  })

  it('hold every hash that a line gives: a later line takes none back', async () => {
    const path = join(folder, lib.filename)
    writeFileSync(path, lib.bytes)
    const right = createHash('sha256').update(lib.bytes).digest('hex')
    const [wrong, other] = ['0'.repeat(64), '1'.repeat(64)]
    const asked = async (...hashes: (readonly string[])[]) => {
      await index?.close()
      const lines = hashes.map((some) => [
        `lib @ file://${path}`,
        ...some.map((one) => `--hash=sha256:${one}`),
      ])
      const requirementsFiles = lines.map((words, at) => write(`r${at}.txt`, `${words.join(' ')}\n`))
      return ask([wheel('dep', '1.0')], { allowUrls: true, requirementsFiles })
    }
    await expect(asked([wrong], [right])).rejects.toMatchObject({
      code: 'E-REQ-HASH',
      at: { path: expect.stringContaining('r1.txt'), line: 1 },
      hint: expect.stringContaining('r0.txt:1'),
    })
    await expect(asked([wrong, other], [right, wrong])).rejects.toMatchObject({ code: 'E-IDX-HASH' })
    await expect(asked([wrong], [])).rejects.toMatchObject({ code: 'E-IDX-HASH' })
    expect(told(await asked([right, wrong], [right], []))).toEqual({ dep: '1.0', lib: '3.0' })
  })
})

describe('Input that cannot be resolved', () => {
  it.each([
    ['nothing at all', [], 'E-CLI-USAGE'],
    ['a direct URL', ['lib @ file:///srv/lib.whl'], 'E-REQ-URL'],
    ['no requirement', ['lib >='], 'E-REQ-SPEC'],
  ])('is refused: %s', async (_, requirements, code) => {
    await expect(ask(files, { requirements })).rejects.toMatchObject({ code })
  })
})

describe('Resolving on shipped facts', () => {
  it('answers without a network, with the pins of a release where they are given', async () => {
    const result = await ask([], {
      offline: true,
      requirements: ['keystone==27.0.2'],
      constraintsFiles: ['constraints/2025.1.txt'],
    })
    expect(result.kind === 'solution' && result.pins.size).toBeGreaterThan(60)
    expect(told(result)).toMatchObject({ keystone: '27.0.2', 'oslo-utils': '8.2.0' })
    expect(index!.requests).toEqual([])
  })

  it('says which pins a newer service would need, and to which version each would move', async () => {
    const result = await ask([], {
      offline: true,
      requirements: ['os-traits>=3.6.0'],
      constraintsFiles: ['constraints/2025.1.txt'],
    })
    if (result.kind !== 'conflicts') throw new Error(result.kind)
    const [conflict] = result.conflicts
    expect(conflict!.lines.map(({ origin }) => origin)).toContainEqual(
      expect.objectContaining({ path: 'constraints/2025.1.txt' }),
    )
    const moves = conflict!.fixes.flatMap(({ instead }) =>
      [...instead].map(([{ kind, text }, to]) => `${kind} ${text} ${to}`),
    )
    expect(moves).toContain('pin os-traits===3.3.0 3.6.0')
  })
})

describe('what was uploaded since a moment', () => {
  const old = { uploadTime: '2026-01-01T00:00:00Z' }
  const fresh = { uploadTime: '2026-02-01T00:00:00Z' }
  const excludeNewer = Date.parse('2026-02-01')

  it('is left out, to the very moment, and what it demands as well', async () => {
    const files = [wheel('demo', '1.0', [], old), wheel('demo', '2.0', ['absent'], fresh)]
    expect(told(await ask(files, { requirements: ['demo'], excludeNewer }))).toEqual({ demo: '1.0' })
    expect(index!.requests.some(({ path }) => path.includes('demo-2.0'))).toBe(false)
  })

  it('leaves no version, where all are new', async () => {
    const result = await ask([wheel('demo', '2.0', [], fresh)], { requirements: ['demo'], excludeNewer })
    expect(result.kind).toBe('conflicts')
  })

  it.each(['json', 'html'] as const)('is an error where the index does not tell it (%s)', async (format) => {
    const asked = ask([wheel('demo', '1.0')], { requirements: ['demo'], excludeNewer }, format)
    await expect(asked).rejects.toMatchObject({
      code: 'E-IDX-CONTENT',
      message: expect.stringMatching(/demo-1\.0.*--exclude-newer/),
    })
  })

  it('cannot be told of a file that is named by URL', async () => {
    const requirements = ['demo @ https://files.invalid/demo-1.0-py3-none-any.whl']
    await expect(ask([], { requirements, allowUrls: true, excludeNewer })).rejects.toMatchObject({
      code: 'E-REQ-URL',
      hint: expect.stringContaining('--exclude-newer'),
    })
  })

  it('is known of shipped facts, without a network', async () => {
    const pins = async (moment: string): Promise<unknown> => {
      const options = { requirements: ['pytz<2024'], offline: true, excludeNewer: Date.parse(moment) }
      const result = await ask([], options)
      return result.kind === 'solution' ? result.pins.get(normalizeName('pytz')) : result.kind
    }
    expect(await pins('2022-10-03')).toBe('2022.4')
    expect(await pins('2026-01-01')).toBe('2023.3')
  })
})
