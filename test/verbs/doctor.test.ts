import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { doctorText } from '#report/doctor-text.js'
import { type DoctorCheck, doctor } from '#verbs/doctor.js'
import { holesOf, knownHoles } from '#verbs/known-holes.js'

describe('a known hole', () => {
  it.each([
    [
      'buildah',
      '1.28.2',
      ['CVE-2024-1753', 'CVE-2024-9407', 'CVE-2024-9675', 'CVE-2024-11218', 'GHSA-49p4-px3h-rq49'],
    ],
    [
      'buildah',
      '1.32.2',
      ['CVE-2024-1753', 'CVE-2024-9407', 'CVE-2024-9675', 'CVE-2024-11218', 'GHSA-49p4-px3h-rq49'],
    ],
    ['buildah', '1.32.3', ['CVE-2024-9407', 'CVE-2024-9675', 'CVE-2024-11218', 'GHSA-49p4-px3h-rq49']],
    [
      'buildah',
      '1.33.6',
      ['CVE-2024-1753', 'CVE-2024-9407', 'CVE-2024-9675', 'CVE-2024-11218', 'GHSA-49p4-px3h-rq49'],
    ],
    ['buildah', '1.33.11', ['CVE-2024-11218', 'GHSA-49p4-px3h-rq49']],
    ['buildah', '1.37.5', ['CVE-2024-11218', 'GHSA-49p4-px3h-rq49']],
    ['buildah', '1.37.10', ['GHSA-49p4-px3h-rq49']],
    ['buildah', '1.41.8', ['GHSA-49p4-px3h-rq49']],
    ['buildah', '1.43.1', ['GHSA-49p4-px3h-rq49']],
    ['buildah', '1.43.2', []],
    ['buildah', '1.45.0', []],
    ['podman', '4.9.4', ['CVE-2024-9675']],
    ['podman', '5.2.4', ['CVE-2024-9675']],
    ['podman', '5.3.0', []],
    ['runc', '1.1.11', ['CVE-2024-21626', 'CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['runc', '1.2.8', []],
    ['runc', '1.4.0-rc.1', ['CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['runc', '1.4.0', []],
    ['git', '2.45.1', ['CVE-2025-48384']],
    ['git', '2.51.0', []],
    ['crun', '1.0', []],
  ])('is told by the number of %s %s', (program, version, expected) => {
    expect(holesOf(program, version).map(({ id }) => id)).toEqual(expected)
  })

  it('says where its fix was published, by lines that rise', () => {
    for (const { id, what, fixed, source } of knownHoles) {
      expect(id).toMatch(/^(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})$/)
      expect(what.length * source.length * fixed.length).toBeGreaterThan(0)
      expect(fixed.toSorted(new Intl.Collator('en', { numeric: true }).compare)).toEqual(fixed)
    }
  })
})

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'svcsplit-doctor-'))
  mkdirSync(join(dir, 'bin'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A machine whose only programs say this when asked for their version. */
function machine(programs: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}) {
  for (const [name, says] of Object.entries(programs)) {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${says}\n`)
    chmodSync(join(dir, 'bin', name), 0o755)
  }
  return {
    cacheDir: join(dir, 'cache'),
    docDir: join(dir, 'doc'),
    environment: {
      PATH: join(dir, 'bin'),
      PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
      PIP_CONFIG_FILE: '/dev/null',
      HOME: dir,
      ...environment,
    },
  }
}

async function checksOf(
  request: Parameters<typeof doctor>[0],
  name: string,
): Promise<readonly DoctorCheck[]> {
  return (await doctor(request)).checks.filter((check) => check.name === name)
}

describe('doctor', () => {
  it('finds a builder with known holes, and says what is fixed where', async () => {
    const request = machine({
      buildah: 'echo "buildah version 1.43.1 (image-spec 1.1.0, runtime-spec 1.2.0)"',
    })
    expect(await checksOf(request, 'buildah')).toEqual([
      {
        area: 'program',
        name: 'buildah',
        level: 'error',
        message: expect.stringContaining('1.43.1 has GHSA-49p4-px3h-rq49'),
        hint: expect.stringContaining('1.43.2'),
      },
    ])
  })

  it('believes a package that says it has the fix, without a new number', async () => {
    const request = machine({ runc: 'echo "runc version 1.1.5+ds1"' })
    mkdirSync(join(dir, 'doc/runc'), { recursive: true })
    const history = '* fix CVE-2024-21626, CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881\n'
    writeFileSync(join(dir, 'doc/runc/changelog.Debian.gz'), gzipSync(history))
    expect(await checksOf(request, 'runc')).toEqual([
      {
        area: 'program',
        name: 'runc',
        level: 'ok',
        message: expect.stringMatching(/^1\.1\.5, .*CVE-2024-21626, .* is fixed$/),
      },
    ])
  })

  it('asks RPM where the machine has it', async () => {
    const request = machine({
      runc: 'echo "runc version 1.1.12"',
      rpm: 'test "$*" = "-q --changelog runc" && echo "- CVE-2025-31133 CVE-2025-52565 CVE-2025-52881"',
    })
    expect((await checksOf(request, 'runc')).map(({ level }) => level)).toEqual(['ok'])
  })

  it.each([
    ['is not there', {}, 'missing', /not installed: the base debian:SUITE/],
    ['fails', { mmdebstrap: 'echo broken >&2; exit 3' }, 'error', /broken/],
    ['says nothing', { mmdebstrap: 'true' }, 'warning', /no version/],
    ['works', { mmdebstrap: 'echo "mmdebstrap 1.3.5"' }, 'ok', /1\.3\.5/],
  ])('tells of a program that %s', async (_, programs, level, message) => {
    const [check] = await checksOf(machine(programs as Record<string, string>), 'mmdebstrap')
    expect(check).toMatchObject({ level, message: expect.stringMatching(message) })
  })

  it('warns of a cache that others can write to, and refuses one that cannot be made', async () => {
    const request = machine({})
    mkdirSync(request.cacheDir)
    chmodSync(request.cacheDir, 0o777)
    expect((await checksOf(request, 'cache'))[0]).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('777'),
    })
    expect((await checksOf({ ...request, cacheDir: '/proc/none/cache' }, 'cache'))[0]).toMatchObject({
      level: 'error',
      hint: 'set SVCSPLIT_CACHE_DIR',
    })
  })

  it('warns of an index in clear text, shows no login, and says which index is asked first', async () => {
    const request = machine(
      {},
      {
        PIP_INDEX_URL: 'http://me:hunter2@index.example/simple',
        PIP_EXTRA_INDEX_URL: 'https://extra.example/simple',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      },
    )
    const checks = await checksOf(request, 'index')
    expect(checks.map(({ level }) => level)).toEqual(['warning', 'ok', 'warning'])
    expect(JSON.stringify(checks)).not.toContain('hunter2')
    expect(checks[2]!.message).toContain('has no effect here')
  })

  it('warns of a clock that is before what is shipped', async () => {
    const request = { ...machine({}), now: new Date('2020-01-01') }
    expect((await checksOf(request, 'clock'))[0]).toMatchObject({ level: 'warning', hint: /set the clock/ })
  })

  it('counts, with problems last', async () => {
    const text = doctorText(await doctor(machine({ buildah: 'echo "buildah version 1.43.1"' })))
    expect(text).toMatch(
      /error {4}buildah.*\n.*\nsvcsplit \S+: 1 error, \d warnings?; known holes as of \d{4}-/,
    )
  })
})
