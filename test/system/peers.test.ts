import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rows } from '../corpus/families.js'
import { type Files, made, type Row } from '../corpus/row.js'
import { keepPeers, type PeerRow } from '../support/reliability.js'
import { type Ended, runCommand } from '../support/small-tool.js'
import { missingTools } from '../support/tools.js'

/** `npm run test:peers`: what other programs do with the bad inputs that one file holds. */
const isAsked = process.env.SVCSPLIT_TEST_PEERS === '1'
const dir = mkdtempSync(join(tmpdir(), 'svcsplit-peers-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

interface Input {
  readonly id: string
  /** Puts it into an empty folder. @returns its path */
  readonly put: (folder: string) => string | Promise<string>
}

/** A peer on one kind of input. */
interface Peer {
  readonly name: string
  readonly tool: string
  readonly inputs: string
  /** @param into where it may write */
  readonly command: (path: string, into: string) => readonly string[]
}

const refusedRows = rows.filter(({ exit, code, long }) => exit !== 0 && code !== undefined && long !== true)

function wheelOf({ index }: Row): readonly Input[] {
  const files = index === undefined ? [] : made(index).files
  const [file] = files
  if (files.length !== 1 || !file!.filename.endsWith('.whl')) return []
  const put = (folder: string): string => {
    writeFileSync(join(folder, file!.filename), file!.bytes)
    return join(folder, file!.filename)
  }
  return [{ id: '', put }]
}

const wheels: readonly Input[] = refusedRows
  .filter(({ code }) => code!.startsWith('E-WHL-'))
  .flatMap((row) => wheelOf(row).map((input) => ({ ...input, id: row.id })))

function baseOf({ id, files }: Row): Input {
  const put = async (folder: string): Promise<string> => {
    const { base } = made(files ?? {}) as Files
    if (typeof base === 'function') await base(join(folder, 'base'))
    return join(folder, 'base')
  }
  return { id, put }
}

const bases: readonly Input[] = refusedRows
  .filter(({ id, code }) => / base$/.test(id) && code === 'E-IMG-BASE')
  .map(baseOf)

const kinds: Readonly<Record<string, readonly Input[]>> = { wheels, 'layers of a base': bases }
/** As it should be: whoever refuses it was not asked in the right way. */
const sound: Readonly<Record<string, Input>> = {
  wheels: wheelOf(rows.find(({ id }) => id === '43 none')!)[0]!,
  'layers of a base': baseOf(rows.find(({ id }) => id === '75 none base')!),
}

const version = async (command: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await runCommand(command)
  return /\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? '?'
}

const peers: readonly (Peer & { readonly version: readonly string[] })[] = [
  {
    name: 'pip',
    tool: 'python3',
    version: ['python3', '-m', 'pip', '--version'],
    inputs: 'wheels',
    command: (path, into) => [
      ...['python3', '-m', 'pip', 'install', '--isolated', '--disable-pip-version-check', '--no-cache-dir'],
      ...['--no-deps', '--no-index', '--no-compile', '--target', into, path],
    ],
  },
  {
    name: 'uv',
    tool: 'uv',
    version: ['uv', '--version'],
    inputs: 'wheels',
    command: (path, into) => [
      ...[
        'uv',
        'pip',
        'install',
        '--no-config',
        '--no-cache',
        '--offline',
        '--no-deps',
        '--target',
        into,
        path,
      ],
    ],
  },
  {
    name: 'buildah',
    tool: 'buildah',
    version: ['buildah', '--version'],
    inputs: 'layers of a base',
    command: (_path, into) => [
      ...['buildah', '--root', `${into}/root`, '--runroot', `${into}/run`, '--storage-driver', 'vfs'],
      // it names the image by this path, and a name has no capitals
      ...['pull', 'oci:given/base'],
    ],
  },
]

type Outcome = 'refused' | 'taken' | 'trace' | 'hang'

function outcomeOf(ended: Ended | undefined): Outcome {
  if (ended === undefined) return 'hang'
  if (ended.status === 0) return 'taken'
  return /^Traceback |^panic: |stack backtrace/m.test(ended.stderr) ? 'trace' : 'refused'
}

/** Undefined: it does not end. */
async function ask(peer: Peer, { put }: Input): Promise<Ended | undefined> {
  const folder = mkdtempSync(join(dir, `${peer.name}-`))
  for (const name of ['given', 'into']) mkdirSync(join(folder, name))
  const path = await put(join(folder, 'given'))
  const command = peer.command(path, join(folder, 'into'))
  const ended = await runCommand(command, { cwd: folder, longestMs: 30_000 }).catch(() => undefined)
  rmSync(folder, { recursive: true, force: true })
  return ended
}

describe.runIf(isAsked)('bad inputs that svcsplit refuses', () => {
  const found: PeerRow[] = []

  it.each(peers.filter(({ tool }) => missingTools(tool)))('$name reads $inputs', async (peer) => {
    const counts = { refused: 0, taken: 0, trace: 0, hang: 0 }
    const taken: string[] = []
    let longestMs = 0
    const inputs = kinds[peer.inputs]!
    const good = await ask(peer, sound[peer.inputs]!)
    expect(outcomeOf(good), good?.stderr).toBe('taken')
    for (const input of inputs) {
      const ended = await ask(peer, input)
      const outcome = outcomeOf(ended)
      counts[outcome]++
      if (outcome === 'taken') taken.push(input.id)
      longestMs = Math.max(longestMs, Math.round(ended?.ms ?? 30_000))
    }
    found.push({
      peer: `${peer.name} ${await version(peer.version)}`,
      inputs: peer.inputs,
      tried: inputs.length,
      ...counts,
      longestMs,
      takenRows: taken,
    })
    expect(readdirSync(dir)).toEqual([])
  }, 1_800_000)

  afterAll(() => keepPeers(found))
})
