import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildRequest, build } from '#verbs/build.js'
import { type SmallWorld, smallWorld } from './small-world.js'

/** Everything in the small world was uploaded on the first of March 2025; what a test names is newer, or says nothing. */
let world: SmallWorld
beforeEach(async () => {
  world = await smallWorld()
})
afterEach(() => world.close())

const before = Date.parse('2025-03-02')
const newer = '2025-03-02T00:00:00Z'

/** Changes the upload time of every file of a distribution. */
function uploaded(file: string, name: string, time: string): void {
  const path = world.path(file)
  const lines = readFileSync(path, 'utf8').split('\n')
  const changed = lines.map((line) =>
    line.includes(`${name}-`) ? line.replace(/2025-03-01T00:00:00(\.000)?Z/, time) : line,
  )
  expect(changed).not.toEqual(lines)
  writeFileSync(path, changed.join('\n'))
}
const ofFacts = (name: string, time: string): void =>
  uploaded('root/constraints/catalog/files.txt', name, time)

async function failure(changes: Partial<BuildRequest>): Promise<unknown> {
  const error: unknown = await build({ ...world.request, excludeNewer: before, ...changes }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(existsSync(world.path('images/index.json'))).toBe(false)
  expect(world.index.requests.filter(({ path }) => path.endsWith('.whl'))).toEqual([])
  return error
}

describe('a build without what was uploaded since a moment', () => {
  it('makes the same image where nothing is newer', async () => {
    const [image] = await build({ ...world.request, excludeNewer: before })
    const [plain] = await build({ ...world.request, output: `oci:${world.path('plain')}` })
    expect(image).toMatchObject({ digest: (plain as { digest: string }).digest })
  })

  it('fails before a file is fetched where one is newer, and says so', async () => {
    ofFacts('common', newer)
    expect(await failure({})).toMatchObject({
      code: 'E-LCK-UNSOLVED',
      message: expect.stringContaining('common'),
      hint: expect.stringContaining('--exclude-newer left out what was uploaded since 2025-03-02'),
    })
  })

  it('fails where nothing says when a file was uploaded', async () => {
    ofFacts('native', '-')
    expect(await failure({})).toMatchObject({
      code: 'E-IDX-CONTENT',
      message: expect.stringMatching(/native-0\.9.*--exclude-newer/),
    })
  })

  it('is not taken from what was made without the rule', async () => {
    await build(world.request)
    ofFacts('common', newer)
    const again = build({ ...world.request, excludeNewer: before })
    await expect(again).rejects.toMatchObject({ code: 'E-LCK-UNSOLVED' })
  })
})

describe('a lock that is built from', () => {
  const lockFile = (): string => world.path('pylock.alpha.toml')
  beforeEach(async () => {
    const output = `oci:${world.path('locked')}`
    await build({ ...world.request, output, cacheDir: world.path('other'), writeLock: lockFile() })
    world.index.requests.length = 0
  })

  it('is taken where all of its files are older', async () => {
    const [image] = await build({ ...world.request, lockFile: lockFile(), excludeNewer: before })
    expect(image).not.toHaveProperty('error')
  })

  it.each([
    ['is newer', newer, 'uploaded 2025-03-02T00:00:00.000Z'],
    ['has no time', '', 'says no upload time'],
  ])('is refused by name where a file %s, before anything is asked', async (_, time, words) => {
    const path = 'pylock.alpha.toml'
    uploaded(path, 'common', time)
    writeFileSync(world.path(path), readFileSync(world.path(path), 'utf8').replace('upload-time = , ', ''))
    for (const locked of [false, true])
      expect(await failure({ lockFile: lockFile(), ...(locked ? { locked } : {}) })).toMatchObject({
        code: 'E-LCK-NOFILE',
        message: expect.stringMatching(new RegExp(`common-1\\.1.*${words}`)),
        at: { path: lockFile() },
      })
    expect(world.index.requests).toEqual([])
  })
})

describe('a project of requirements', () => {
  const project = (): NonNullable<BuildRequest['project']> => {
    writeFileSync(world.path('requirements.txt'), 'alone\n')
    return { name: 'own', requirementsFile: world.path('requirements.txt'), constraintsFiles: [] }
  }

  it('is solved with what is older', async () => {
    const [image] = await build({
      ...{ ...world.request, services: [], project: project(), excludeNewer: before },
    })
    expect(image).toMatchObject({ distributions: 1 })
  })

  it('has no solution where everything is newer', async () => {
    const asked = { services: [], project: project(), excludeNewer: Date.parse('2025-03-01') }
    expect(await failure(asked)).toMatchObject({ code: 'E-LCK-UNSOLVED' })
  })
})
