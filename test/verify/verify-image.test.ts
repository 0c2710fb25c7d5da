import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bytecodeForm, bytecodeLabel } from '#layers/bytecode-layer.js'
import { systemModulesText } from '#layers/system-modules.js'
import type { Lock } from '#lock/lock.js'
import { bytecodePaths, checkBytecode } from '#verify/bytecode.js'
import { findEnvironment } from '#verify/environment.js'
import { findingList } from '#verify/finding.js'
import { scanImage } from '#verify/scan.js'
import { type VerifiedImage, verifyImage } from '#verify/verify-image.js'
import {
  demo,
  installed,
  lib,
  recordRow,
  type SmallFile,
  type SmallImage,
  type SmallLayer,
  site,
  smallLock,
  soundLayers,
  tarOf,
  tinyElf,
  wrapper,
  writeSmallImage,
} from './small-image.js'

const layouts: string[] = []
afterAll(() => {
  for (const dir of layouts) rmSync(dir, { recursive: true, force: true })
})

const right = smallLock({ demo: '1.0', lib: '1.2' })

async function verifyAt(dir: string, lock: Lock | undefined = right): Promise<VerifiedImage> {
  layouts.push(dir)
  return verifyImage({
    dir,
    prefix: '/opt/venv',
    start: 'none',
    expect: async () => ({ ...(lock === undefined ? {} : { lock }), wheels: [], processes: [] }),
  })
}

/** What is found in a sound image after one change, as `level rule path message`. */
async function findings(
  change: (layers: [SmallLayer, SmallLayer, SmallLayer]) => void,
  rest: Omit<SmallImage, 'layers'> = {},
  lock = right,
): Promise<readonly string[]> {
  const layers = soundLayers()
  change(layers)
  return told(await verifyAt(writeSmallImage({ layers, ...rest }), lock))
}

function told(verified: VerifiedImage): readonly string[] {
  return verified.findings.map(({ level, rule, path, message }) =>
    [level, rule, ...(path === undefined ? [] : [path]), message].join(' '),
  )
}

/** Adds a file to the distribution lib, with its row in RECORD. */
function addToLib(layer: SmallLayer, path: string, content: Buffer | string, file: SmallFile = {}): void {
  const record = `${site}/lib-1.2.dist-info/RECORD`
  layer.set(record, { content: `${recordRow(path, content)}\n${layer.get(record)!.content}` })
  layer.set(`${site}/${path}`, { content, ...file })
}

describe('a sound image', () => {
  it('has no findings, and tells what was looked at', async () => {
    const verified = await verifyAt(writeSmallImage({ layers: soundLayers() }))

    expect(verified.findings).toEqual([])
    expect(verified.counts).toMatchObject({ layers: 3, distributions: 2, files: 11, libraries: 0 })
    expect(verified.start).toMatchObject({ engine: 'none' })
  })

  it('may have the scripts that venv and pip write', async () => {
    const pips = `#!/opt/venv/bin/python3\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom demo.api import main\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n`
    const found = await findings(([, venv, top]) => {
      venv.set('opt/venv/bin/activate', { content: '# source me\n' })
      const record = `${site}/demo-1.0.dist-info/RECORD`
      const rows = top.get(record)!.content!.toString().split('\n')
      const changed = rows.map((row) =>
        row.includes('bin/demo-api') ? recordRow('../../../bin/demo-api', pips) : row,
      )
      top.set(record, { content: changed.join('\n') })
      top.set('opt/venv/bin/demo-api', { content: pips, mode: 0o755 })
    })
    expect(found).toEqual([])
  })
})

describe('modules of the base', () => {
  const path = `${site}/svcsplit-system-modules.pth`

  it('may be let in by a file of ours, and are then imported at the start', async () => {
    const content = systemModulesText(['rados'])
    expect(await findings(([, , top]) => top.set(path, { content }))).toEqual([])
  })

  it.each([
    'import os\n',
    systemModulesText(['rados']).replace("'rados', ", "'rados', *sys.argv, "),
  ])('are let in by no other file of that name', async (content) => {
    expect(await findings(([, , top]) => top.set(path, { content }))).toEqual([
      `error extra-file /${path} is named by no RECORD`,
    ])
  })
})

describe('bytecode', () => {
  const path = `${site}/__pycache__/lib.cpython-311.pyc`
  const labelled = { config: { Labels: new Map([[bytecodeLabel, bytecodeForm]]) } }

  it('may lie in an image that says so, of sources that a RECORD names; what it is, only a start tells', async () => {
    expect(await findings(([, , top]) => top.set(path, { content: 'x' }), labelled)).toEqual([
      'warning bytecode was not compiled again: nothing was to be started',
    ])
    const stray = `${site}/__pycache__/evil.cpython-311.pyc`
    expect(await findings(([, , top]) => top.set(stray, { content: 'x' }), labelled)).toEqual([
      `error extra-file /${stray} is named by no RECORD`,
      'warning bytecode was not compiled again: nothing was to be started',
    ])
  })

  it('has to be all of what its Python makes of the sources, and nothing else', async () => {
    const dir = writeSmallImage({
      layers: [...soundLayers(), new Map([[path, { content: 'evil' }]])],
      ...labelled,
    })
    layouts.push(dir)
    const { report, sorted } = findingList()
    const image = await scanImage({ dir, prefix: '/opt/venv' }, report)
    const environment = findEnvironment(image, report)!
    const compiled = bytecodePaths(image, environment)
    expect([...compiled]).toContain(path)
    const files = [...compiled].map((one) => ({ path: one, size: 4, sha256: 'of-the-source' }))

    checkBytecode(image, compiled, files, report)

    const missing = files.length - 1
    const messages = sorted().map(({ rule, message }) => `${rule} ${message}`)
    expect(messages.filter((one) => one === 'bytecode is missing')).toHaveLength(missing)
    expect(messages).toContain('bytecode is not what the Python of the image makes of its source')
  })
})

describe('the tree of an image', () => {
  it.each<[string, (layers: [SmallLayer, SmallLayer, SmallLayer]) => void, string]>([
    [
      'a file that no RECORD names',
      ([, , top]) => top.set(`${site}/evil.py`, { content: 'x' }),
      `error extra-file /${site}/evil.py is named by no RECORD`,
    ],
    [
      'bytecode that was written by a run',
      ([, , top]) => top.set(`${site}/__pycache__/lib.cpython-311.pyc`, { content: 'x' }),
      `error extra-file /${site}/__pycache__/lib.cpython-311.pyc is named by no RECORD`,
    ],
    [
      'a file that was changed',
      ([, , top]) => top.set(`${site}/lib.py`, { content: 'x = 2\n' }),
      `error record /${site}/lib.py is not the file that the RECORD of lib names`,
    ],
    [
      'a file that is longer',
      ([, , top]) => top.set(`${site}/lib.py`, { content: 'x = 1\n\n' }),
      `error record /${site}/lib.py has 7 bytes, and the RECORD of lib says 6`,
    ],
    [
      'a file that is gone',
      ([, , top]) => top.delete(`${site}/lib.py`),
      `error record /${site}/lib.py lib lists the file, and it is absent`,
    ],
    [
      'a link in place of a file',
      ([, , top]) => top.set(`${site}/lib.py`, { type: 'link', target: '/etc/passwd' }),
      `error record /${site}/lib.py lib lists the file, and it is something else`,
    ],
    [
      'a RECORD without a row',
      ([, , top]) => {
        const path = `${site}/lib-1.2.dist-info/RECORD`
        const content = top.get(path)!.content!.toString().split('\n').slice(1).join('\n')
        top.set(path, { content })
      },
      `error extra-file /${site}/lib.py is named by no RECORD`,
    ],
    [
      'a file that everybody may write',
      ([, , top]) => top.set(`${site}/lib.py`, { content: 'x = 1\n', mode: 0o666 }),
      `error mode /${site}/lib.py has the mode 0666`,
    ],
    [
      'a command without a wrapper of its own',
      ([, , top]) => {
        const content = wrapper('demo.other', 'main')
        const record = `${site}/demo-1.0.dist-info/RECORD`
        const rows = top.get(record)!.content!.toString().split('\n')
        const changed = rows.map((row) =>
          row.includes('bin/demo-api') ? recordRow('../../../bin/demo-api', content) : row,
        )
        top.set(record, { content: changed.join('\n') })
        top.set('opt/venv/bin/demo-api', { content, mode: 0o755 })
      },
      'error script /opt/venv/bin/demo-api does not call demo.api:main, as demo wants',
    ],
    [
      'a command that cannot be executed',
      ([, , top]) => top.set('opt/venv/bin/demo-api', { content: wrapper('demo.api', 'main'), mode: 0o644 }),
      'error script /opt/venv/bin/demo-api is not executable',
    ],
    [
      'an environment that lets in the packages of the base',
      ([, venv]) => venv.set('opt/venv/pyvenv.cfg', { content: 'include-system-site-packages = true\n' }),
      'error environment /opt/venv/pyvenv.cfg lets in what the base has installed',
    ],
    [
      'something below a link, which would be written elsewhere',
      ([, , top]) => top.set('lib/stray', { content: 'x' }),
      'error layer /lib/stray lies below something that is not a folder',
    ],
  ])('is found out: %s', async (_title, change, finding) => {
    expect(await findings(change)).toEqual([finding])
  })

  it('is found out: a wrapper that belongs to no entry point', async () => {
    const content = wrapper('lib', 'main')
    const found = await findings(([, , top]) => {
      const record = `${site}/lib-1.2.dist-info/RECORD`
      top.set(record, { content: `${recordRow('../../../bin/lib', content)}\n${top.get(record)!.content}` })
      top.set('opt/venv/bin/lib', { content, mode: 0o755 })
    })
    expect(found).toEqual([
      'error script /opt/venv/bin/lib is the wrapper of an entry point that no distribution has',
    ])
  })

  it('may have scripts of its wheels that call a function as wrappers do', async () => {
    const content = `#!/opt/venv/bin/python\n# Licensed under the Apache License, Version 2.0\n\nimport sys\n\nfrom lib import main\n\n\nif __name__ == "__main__":\n    sys.exit(main())\n`
    const found = await findings(([, , top]) => {
      const record = `${site}/lib-1.2.dist-info/RECORD`
      top.set(record, { content: `${recordRow('../../../bin/lib', content)}\n${top.get(record)!.content}` })
      top.set('opt/venv/bin/lib', { content, mode: 0o755 })
    })
    expect(found).toEqual([])
  })

  it('is compared by the hash that RECORD has, be it a stronger one', async () => {
    const sha512 = (content: string) =>
      `lib.py,sha512=${createHash('sha512').update(content).digest('base64url')},6`
    const change = (content: string) => (layers: [SmallLayer, SmallLayer, SmallLayer]) => {
      const path = `${site}/lib-1.2.dist-info/RECORD`
      const [, ...rows] = layers[2].get(path)!.content!.toString().split('\n')
      layers[2].set(path, { content: [sha512(content), ...rows].join('\n') })
    }
    expect(await findings(change('x = 1\n'))).toEqual([])
    expect(await findings(change('x = 3\n'))).toEqual([
      `error record /${site}/lib.py is not the file that the RECORD of lib names`,
    ])
  })

  it('is what all layers together give: whiteouts take away what lies below them, and nothing else', async () => {
    const extra = (path: string): [string, SmallFile] => [`${site}/${path}`, { content: 'x' }]
    const layers = soundLayers()
    const below = new Map([
      extra('gone.py'),
      extra('folder/one.py'),
      extra('folder/two.py'),
      extra('opaque/old.py'),
    ])
    const above = new Map([
      extra('.wh.gone.py'),
      extra('.wh.folder'),
      extra('opaque/new.py'),
      extra('opaque/.wh..wh..opq'),
    ])
    const verified = await verifyAt(writeSmallImage({ layers: [...layers, below, above] }))

    expect(told(verified)).toEqual([`error extra-file /${site}/opaque/new.py is named by no RECORD`])
  })
})

describe('distributions', () => {
  it.each([
    [
      'one that is missing',
      { demo: '1.0', lib: '1.2', more: '3' },
      'error distribution more 3 of the lock is not installed',
    ],
    [
      'one that is too much',
      { demo: '1.0' },
      `error distribution /${site}/lib-1.2.dist-info lib 1.2 is not in the lock`,
    ],
    [
      'one of another version',
      { demo: '1.0', lib: '1.3' },
      `error distribution /${site}/lib-1.2.dist-info lib is 1.2, and the lock has 1.3`,
    ],
  ])('are those of the lock: %s', async (_title, versions, finding) => {
    expect(await findings(() => {}, {}, smallLock(versions))).toEqual([finding])
  })

  it('are equal by PEP 440, not by spelling', async () => {
    expect(await findings(() => {}, {}, smallLock({ demo: '1', lib: '1.2.0' }))).toEqual([])
  })

  it('without .dist-info are told, since nothing says what they are', async () => {
    const found = await findings(([, , top]) => addToLib(top, 'old.egg-info/PKG-INFO', 'Name: old\n'))
    expect(found).toEqual([`error distribution /${site}/old.egg-info a distribution without .dist-info`])
  })

  it.each([
    ['Requires-Dist: absent', 'demands absent, which is not installed'],
    ['Requires-Dist: lib<1.2', 'demands lib<1.2, and 1.2 is installed'],
    ['Requires-Dist: lib[big]', undefined],
    ['Requires-Dist: absent; sys_platform == "win32"', undefined],
    ['Requires-Dist: absent; extra == "test"', undefined],
    ['Requires-Python: >=3.12', 'wants Python >=3.12'],
  ])('get what their metadata demands: %s', async (line, problem) => {
    const found = await findings(([, , top]) => {
      for (const [path, file] of installed({ ...demo, metadata: [line] })) top.set(path, file)
    })
    expect(found).toEqual(
      problem === undefined ? [] : [`error requirement /${site}/demo-1.0.dist-info demo 1.0 ${problem}`],
    )
  })

  it('get what an extra demands that another distribution asks for', async () => {
    const found = await findings(([, , top]) => {
      for (const [path, file] of installed({ ...demo, metadata: ['Requires-Dist: lib[big]'] }))
        top.set(path, file)
      const big = { ...lib, metadata: ['Provides-Extra: big', 'Requires-Dist: absent; extra == "big"'] }
      for (const [path, file] of installed(big)) top.set(path, file)
    })
    expect(found).toEqual([
      `error requirement /${site}/lib-1.2.dist-info lib 1.2 demands absent, which is not installed`,
    ])
  })
})

describe('libraries', () => {
  const so = 'lib.cpython-311-x86_64-linux-gnu.so'
  const withElf = (elf: Buffer, more: Record<string, Buffer> = {}) =>
    findings(([, , top]) => {
      addToLib(top, so, elf, { mode: 0o755 })
      for (const [path, content] of Object.entries(more)) addToLib(top, path, content)
    })

  it('that are missing are named, with the file that needs them', async () => {
    expect(await withElf(tinyElf({ needed: ['libc.so.6', 'libstdc++.so.6'] }))).toEqual([
      `error library /${site}/${so} needs libstdc++.so.6, which the image does not have`,
    ])
  })

  it.each([
    [
      'the run path of the file',
      { runPath: '$ORIGIN/lib.libs', needed: ['libx-1.so'] },
      'lib.libs/libx-1.so',
      {},
    ],
    ['its older form', { rpath: '$' + '{ORIGIN}/lib.libs', needed: ['libx-1.so'] }, 'lib.libs/libx-1.so', {}],
    ['the environment, by soname', { needed: ['libx.so.1'] }, 'other/libx-1.so', { soname: 'libx.so.1' }],
  ])('are found through %s', async (_title, shape, path, other) => {
    expect(await withElf(tinyElf(shape), { [path]: tinyElf(other) })).toEqual([])
    expect((await withElf(tinyElf(shape))).length).toBe(1)
  })

  it('are for the processor of the image', async () => {
    expect(await withElf(tinyElf({ machine: 183 }))).toEqual([
      `error library /${site}/${so} is for the ELF machine 183, not for amd64`,
    ])
  })

  it('that are no whole ELF files are told', async () => {
    const [first, ...rest] = await withElf(tinyElf({ needed: ['libc.so.6'] }).subarray(0, 100))
    expect(first).toMatch(/^error library .* cannot be read as ELF: /)
    expect(rest).toEqual([])
  })
})

describe('hygiene', () => {
  it.each([[''], ['0'], ['root'], ['0:42400']])('does not allow the user %j', async (User) => {
    const config = { User }
    expect(await findings(() => {}, { config })).toEqual(['error user the image runs as root'])
  })

  it('wants a user that is known, if it is named', async () => {
    expect(await findings(() => {}, { config: { User: 'nobody-known' } })).toEqual([
      'error user the user nobody-known is not in /etc/passwd',
    ])
    expect(await findings(() => {}, { config: { User: 'demo' } })).toEqual([])
  })

  it.each<[string, string, SmallFile, string]>([
    [
      'a setuid file above the base',
      'usr/bin/own',
      { mode: 0o4755 },
      'error setuid /usr/bin/own runs with the rights of its owner or group (mode 4755), above the base',
    ],
    [
      'a compiler',
      'usr/bin/x86_64-linux-gnu-gcc-12',
      { mode: 0o755 },
      'error compiler /usr/bin/x86_64-linux-gnu-gcc-12 is a compiler',
    ],
    [
      'pip in the base',
      'usr/lib/python3/dist-packages/pip',
      { type: 'folder' },
      'error pip /usr/lib/python3/dist-packages/pip is pip, which an image that is never changed does not need',
    ],
  ])('does not allow %s', async (_title, path, file, finding) => {
    expect(await findings(([, , top]) => top.set(path, file))).toEqual([finding])
  })

  it('does not allow pip in the environment, but for a lock that has it', async () => {
    const withPip = ([, , top]: [SmallLayer, SmallLayer, SmallLayer]) => {
      for (const [path, file] of installed({ name: 'pip', files: { 'pip/__init__.py': '' } }))
        top.set(path, file)
    }
    const found = await findings(withPip)
    expect(found.map((line) => line.split(' ').slice(0, 3).join(' '))).toContain(
      `error pip /${site}/pip-1.0.dist-info`,
    )
    expect(await findings(withPip, {}, smallLock({ demo: '1.0', lib: '1.2', pip: '1.0' }))).toEqual([])
  })

  it('takes what lies under the environment for the base when no annotation says where it ends', async () => {
    const own = ([base]: [SmallLayer, SmallLayer, SmallLayer]) => base.set('usr/bin/own', { mode: 0o2755 })
    expect(await findings(own, { annotations: new Map() })).toEqual([])
  })

  it('warns when running the image would change it', async () => {
    expect(await findings(() => {}, { config: { Env: ['PATH=/usr/bin'] } })).toEqual([
      'warning bytecode PYTHONDONTWRITEBYTECODE is not set: running the image changes it',
    ])
  })

  it('does not allow an image for another platform than its lock', async () => {
    expect(await findings(() => {}, { architecture: 'arm64' })).toEqual([
      'error platform the image is for linux/arm64, and the lock for linux/amd64',
    ])
  })
})

describe('bytes', () => {
  it('of a layer are those of its digest: another blob is told, and nothing is said of what may lie in it', async () => {
    const dir = writeSmallImage({ layers: soundLayers() })
    const [largest] = readdirSync(join(dir, 'blobs/sha256'))
      .map((name) => join(dir, 'blobs/sha256', name))
      .sort((a, b) => readFileSync(b).length - readFileSync(a).length)
    const bytes = readFileSync(largest!)
    writeFileSync(largest!, Buffer.concat([bytes, Buffer.alloc(1)]))

    expect(told(await verifyAt(dir))).toEqual([
      expect.stringMatching(/^error (?:digest|layer) layer \d \(sha256:/),
    ])
  })

  it('of a layer end where its tar ends', async () => {
    const layers = soundLayers()
    const raw = new Map([[1, tarOf(layers[1]).subarray(0, 700)]])
    const [first] = told(await verifyAt(writeSmallImage({ layers, raw })))
    expect(first).toMatch(/^error layer layer 1 .* it breaks off$/)
  })

  it('of one path stand once in a layer', async () => {
    const layers = soundLayers()
    const twice = [...layers[1], ['opt/venv/pyvenv.cfg', layers[1].get('opt/venv/pyvenv.cfg')!] as const]
    const found = told(await verifyAt(writeSmallImage({ layers, raw: new Map([[1, tarOf(twice)]]) })))
    expect(found).toEqual(['error layer /opt/venv/pyvenv.cfg stands twice in layer 1'])
  })

  it.each(['../outside', 'a/../../outside', './.wh...'])('never lead out of the image: %s', async (path) => {
    const raw = new Map([[0, tarOf([[path, { content: 'x' }]])]])
    const [first] = told(await verifyAt(writeSmallImage({ layers: soundLayers(), raw })))
    expect(first).toMatch(/^error layer \/.*(shortest form|whiteout of nothing), in layer 0$/)
  })

  it('that are said in text are told without their control characters', async () => {
    const found = await findings(([, , top]) => top.set(`${site}/a\u001b[2Jb`, { content: '' }))
    expect(found).toEqual([`error extra-file /${site}/a\\u{1b}[2Jb is named by no RECORD`])
  })
})
