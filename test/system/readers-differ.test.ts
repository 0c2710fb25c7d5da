import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SvcsplitError } from '#errors.js'
import { parseMarker } from '#pep/marker.js'
import { formatMarker } from '#pep/marker-format.js'
import { parseRequirement } from '#pep/requirement.js'
import { formatSpecifierSet, parseSpecifierSet } from '#pep/specifier-set.js'
import { parseVersion } from '#pep/version.js'
import { unpackMember } from '#wheels/unpack-member.js'
import { readZipArchive } from '#wheels/zip-archive.js'
import { randomFrom } from '../../bench/random.mjs'
import { mutate } from '../fuzz/mutate.js'
import { targets } from '../fuzz/targets.js'
import { formatRequirement } from '../support/format-requirement.js'
import { type Difference, reasonOf } from '../support/reader-differences.js'
import { keepRows } from '../support/reliability.js'
import { tarEntries } from '../support/tar-entries.js'
import { needs } from '../support/tools.js'

/** Changed inputs of each kind; `npm run test:readers` has thirty thousand. */
const cases = Number(process.env.SVCSPLIT_TEST_READERS ?? 1000)
/** In CI the same inputs every time; elsewhere new ones, and a red run tells its seed. */
const seed =
  process.env.CI === 'true' ? 20_261_126 : Number(process.env.SVCSPLIT_FUZZ_SEED ?? Date.now() % 2 ** 31)
const need = needs('python3')
const packages = join(tmpdir(), `svcsplit-readers-${process.getuid?.() ?? 0}`, 'packaging-26.3')
const script = join(import.meta.dirname, '../oracle/readers/read.py')

type Entries = readonly (readonly [name: string, kind: string, sha256: string])[]

/** What svcsplit makes of an input: entries of an archive, the text of what it read, or why it refuses. */
type Ours = { readonly entries: Entries } | { readonly text: string } | { readonly refused: SvcsplitError }

interface Theirs {
  readonly no?: string
  readonly entries?: Entries
  readonly same?: boolean
  readonly yes?: string
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function readZip(bytes: Buffer): Entries {
  return readZipArchive(bytes, 'demo.whl').map((member) => [
    member.name,
    member.directory ? 'folder' : 'file',
    sha256(unpackMember(bytes, member, 'demo.whl')),
  ])
}

function readTar(bytes: Buffer): Entries {
  return tarEntries(bytes).map(({ path, type, content }) => [
    path.replace(/\/+$/, ''),
    type === '5' ? 'folder' : type === '0' ? 'file' : 'other',
    sha256(Buffer.from(content, 'base64')),
  ])
}

const text =
  (read: (input: string) => string) =>
  (bytes: Buffer): Ours => ({ text: read(bytes.toString('utf8')) })

/** By the name that the Python script has for it: which changed inputs, and how svcsplit reads them. */
const kinds: Readonly<Record<string, { readonly of: string; readonly read: (bytes: Buffer) => Ours }>> = {
  zip: { of: 'wheel', read: (bytes) => ({ entries: readZip(bytes) }) },
  tar: { of: 'tar', read: (bytes) => ({ entries: readTar(bytes) }) },
  version: { of: 'version', read: text((input) => parseVersion(input).text) },
  specifier: { of: 'specifier', read: text((input) => formatSpecifierSet(parseSpecifierSet(input))) },
  requirement: { of: 'requirement', read: text((input) => formatRequirement(parseRequirement(input))) },
  marker: { of: 'marker', read: text((input) => formatMarker(parseMarker(input))) },
}

function oursOf(read: (bytes: Buffer) => Ours, bytes: Buffer): Ours {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof SvcsplitError) return { refused: error }
    throw error
  }
}

function differenceOf(kind: string, input: Buffer, ours: Ours, theirs: Theirs): Difference | undefined {
  const told = { kind, input: input.toString('latin1') }
  if ('refused' in ours) {
    if (theirs.no !== undefined) return undefined
    return { ...told, verdict: 'refused here', because: `${ours.refused.code} ${ours.refused.message}` }
  }
  if (theirs.no !== undefined) return { ...told, verdict: 'refused there', because: theirs.no }
  if ('text' in ours)
    return theirs.same === true
      ? undefined
      : { ...told, verdict: 'differ', because: `${ours.text} | ${theirs.yes}` }
  const [mine, other] = [ours.entries, theirs.entries].map((entries) => JSON.stringify(entries))
  return mine === other ? undefined : { ...told, verdict: 'differ', because: `${mine} | ${other}` }
}

describe.skipIf(need.missing)(need.title(`changed inputs, read here and by Python (seed ${seed})`), () => {
  const tally = { tried: 0, both: 0, losses: 0, longestMs: 0 }
  const excused = new Map<string, number>()

  beforeAll(() => {
    if (existsSync(packages)) return
    const install = [
      '-m',
      'pip',
      'install',
      '--isolated',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
    ]
    execFileSync('python3', [...install, '--target', packages, 'packaging==26.3'])
  }, 120_000)

  it.each(Object.entries(kinds))(
    '%s: differ only where there is a reason',
    (kind, { of, read }) => {
      const target = targets.find(({ name }) => name === of)!
      const { next: chance } = randomFrom(seed)
      const inputs = Array.from({ length: cases }, () => {
        const changed = mutate(chance, target.seeds, target.words)
        return target.mend?.(changed) ?? changed
      })
      const started = performance.now()
      const ours = inputs.map((input) => oursOf(read, input))
      const asked = inputs.map((input, number) => {
        const mine = ours[number]!
        return JSON.stringify({
          kind,
          input: input.toString('base64'),
          ours: 'text' in mine ? mine.text : null,
        })
      })
      const answers = execFileSync('python3', [script], {
        input: `${asked.join('\n')}\n`,
        env: { ...process.env, PYTHONPATH: packages, PYTHONWARNINGS: 'ignore' },
        maxBuffer: 1e9,
        encoding: 'utf8',
      })
      const theirs = answers
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Theirs)
      expect(theirs.length).toBe(cases)
      const unexplained: Difference[] = []
      for (const [number, input] of inputs.entries()) {
        const found = differenceOf(kind, input, ours[number]!, theirs[number]!)
        const reason = found && reasonOf(found)
        if (found === undefined) tally.both++
        else if (reason === undefined) unexplained.push(found)
        else excused.set(reason, (excused.get(reason) ?? 0) + 1)
      }
      tally.tried += cases
      tally.losses += unexplained.length
      tally.longestMs = Math.max(tally.longestMs, Math.round(performance.now() - started))
      expect(unexplained.slice(0, 20)).toEqual([])
    },
    1_800_000,
  )

  afterAll(() => {
    if (tally.tried === 0) return
    const others = [...excused.values()].reduce((sum, count) => sum + count, 0)
    if (process.env.SVCSPLIT_RELIABILITY === '1') console.log(Object.fromEntries(excused))
    keepRows('readers', [
      {
        promise: 'P7',
        what: `changed archives and demands, read here and by CPython and pypa/packaging: ${tally.both.toLocaleString('en')} alike, ${others.toLocaleString('en')} of ${excused.size} kinds that have a reason`,
        tried: tally.tried,
        injected: tally.tried,
        survived: tally.tried - tally.losses,
        losses: tally.losses,
        longestMs: tally.longestMs,
        command: `${cases === 30_000 ? '' : `SVCSPLIT_TEST_READERS=${cases} `}npm run test:readers`,
      },
    ])
  })
})
