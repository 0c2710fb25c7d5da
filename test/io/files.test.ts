import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import { fsError } from '#io/errno.js'
import {
  ensureDir,
  existsSync,
  listDir,
  readBytes,
  readChunks,
  readRange,
  readText,
  readTextSync,
  statusOf,
} from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { linkOrCopy, writeAtomic, writeIfChanged, writeOutput } from '#io/write-files.js'

/** Files whose names last changed so many minutes ago: no program can set that time. */
const age = new Map<string, number>()

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>()
  const stat = async (path: string): Promise<unknown> => {
    const status = await real.stat(path)
    const minutes = age.get(path)
    if (minutes !== undefined) status.ctimeMs = Date.now() - minutes * 60_000
    return status
  }
  return { ...real, stat }
})

describe('errors of the disk', () => {
  it.each([
    ['ENOENT', 'E-FS-NOTFOUND'],
    ['EACCES', 'E-FS-ACCESS'],
    ['EROFS', 'E-FS-ACCESS'],
    ['EISDIR', 'E-FS-KIND'],
    ['ENOTDIR', 'E-FS-KIND'],
    ['ENAMETOOLONG', 'E-FS-KIND'],
    ['ENOSPC', 'E-FS-SPACE'],
    ['EDQUOT', 'E-FS-SPACE'],
    ['EFBIG', 'E-FS-SPACE'],
    ['EIO', 'E-FS-IO'],
    ['EMFILE', 'E-FS-IO'],
  ])('with %s are %s and name the path', (errno, code) => {
    const error = fsError(Object.assign(new Error(errno), { code: errno }), 'write', '/some/path')
    expect(error).toMatchObject({
      code,
      at: { path: '/some/path' },
      message: expect.stringContaining('/some/path'),
    })
    expect((error as Error).message).toContain(errno)
  })

  it('for too many open files asks for more than the usual limit', () => {
    const error = fsError(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }), 'read', '/some/path')
    expect(error).toMatchObject({ hint: 'raise the limit of open files: ulimit -n 4096' })
  })

  it('that are no errors of the disk are left as they are', () => {
    const bug = new TypeError('x is not a function')
    expect(fsError(bug, 'read', '/p')).toBe(bug)
  })
})

describe('reading', () => {
  it('refuses a file that is larger than allowed, and text that is not UTF-8', async () => {
    await tempDir('svcsplit-read-', async (folder) => {
      writeFileSync(join(folder, 'big'), 'x'.repeat(101))
      writeFileSync(join(folder, 'latin1'), Buffer.from([0x66, 0xfc, 0x72]))
      await expect(readBytes(join(folder, 'big'), { maxBytes: 100 })).rejects.toMatchObject({
        code: 'E-FS-LIMIT',
      })
      await expect(readText(join(folder, 'latin1'))).rejects.toMatchObject({ code: 'E-REQ-ENCODING' })
    })
  })

  it('reads what has no size, such as a file of /proc', async () => {
    expect(await readText('/proc/self/stat')).toContain(String(process.pid))
  })

  it('gives a part, shorter only where the file ends', async () => {
    await tempDir('svcsplit-read-', async (folder) => {
      writeFileSync(join(folder, 'f'), '0123456789')
      expect((await readRange(join(folder, 'f'), 2, 3)).toString()).toBe('234')
      expect((await readRange(join(folder, 'f'), 8, 9)).toString()).toBe('89')
    })
  })

  it.each(['/no/such/file', '/etc/hostname/x'])('names %s when it is not there', async (path) => {
    await expect(readText(path)).rejects.toMatchObject({
      code: expect.stringMatching(/^E-FS-(NOTFOUND|KIND)$/),
      at: { path },
    })
    expect(existsSync(path)).toBe(false)
    expect(await statusOf(path)).toBeUndefined()
  })
})

describe('writing', () => {
  it('replaces a symbolic link instead of following it', async () => {
    await tempDir('svcsplit-write-', async (folder) => {
      writeFileSync(join(folder, 'victim'), 'untouched')
      symlinkSync('victim', join(folder, 'out'))
      await writeAtomic(join(folder, 'out'), 'new')
      expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched')
      expect((await statusOf(join(folder, 'out')))?.kind).toBe('file')
    })
  })

  it('leaves the old file and no other one when the content fails half-way', async () => {
    await tempDir('svcsplit-write-', async (folder) => {
      writeFileSync(join(folder, 'f'), 'old')
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half')
        throw new Error('source failed')
      }
      await expect(writeAtomic(join(folder, 'f'), failing())).rejects.toThrow('source failed')
      expect(readdirSync(folder)).toEqual(['f'])
      expect(readFileSync(join(folder, 'f'), 'utf8')).toBe('old')
    })
  })

  it('refuses to replace a folder', async () => {
    await tempDir('svcsplit-write-', async (folder) => {
      mkdirSync(join(folder, 'd'))
      await expect(writeAtomic(join(folder, 'd'), 'x')).rejects.toMatchObject({ code: 'E-FS-KIND' })
      expect(readdirSync(folder)).toEqual(['d'])
    })
  })

  it('tells why it cannot write, flushed or not', async () => {
    await tempDir('svcsplit-write-', async (folder) => {
      await writeAtomic(join(folder, 'file'), 'x')
      for (const durable of [true, false])
        await expect(writeAtomic(join(folder, 'file/below'), 'x', { durable })).rejects.toMatchObject({
          code: 'E-FS-KIND',
        })
    })
  })

  it('leaves a file alone that has the bytes already', async () => {
    await tempDir('svcsplit-write-', async (folder) => {
      const path = join(folder, 'f')
      expect(await writeIfChanged(path, 'a')).toBe(true)
      utimesSync(path, 1, 1)
      expect(await writeIfChanged(path, 'a')).toBe(false)
      expect((await statusOf(path))?.mtimeMs).toBe(1000)
      expect(await writeIfChanged(path, 'b')).toBe(true)
    })
  })

  it('gives a file a second name, or replaces what has it', async () => {
    await tempDir('svcsplit-link-', async (folder) => {
      writeFileSync(join(folder, 'a'), 'bytes')
      writeFileSync(join(folder, 'b'), 'other')
      await linkOrCopy(join(folder, 'a'), join(folder, 'b'))
      await linkOrCopy(join(folder, 'a'), join(folder, 'b'))
      expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('bytes')
      expect(await listDir(folder)).toEqual(['a', 'b'])
    })
  })
})

describe('the blob store', () => {
  const content = Buffer.from('content')
  const sha256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'

  it('names a file by its bytes', async () => {
    await tempDir('svcsplit-store-', async (folder) => {
      const store = openBlobStore(folder)
      expect(await store.put(content)).toEqual({ sha256, size: 7, path: `${folder}/sha256/${sha256}` })
      expect(await store.has(sha256)).toBe(true)
    })
  })

  it.each([
    ['digest', { sha256: '0'.repeat(64) }],
    ['smaller size', { size: 6 }],
    ['larger size', { size: 8 }],
  ])('refuses bytes of another %s and keeps nothing', async (_, expected) => {
    await tempDir('svcsplit-store-', async (folder) => {
      await expect(openBlobStore(folder).put(content, expected)).rejects.toMatchObject({ code: 'E-IDX-HASH' })
      expect(readdirSync(`${folder}/sha256`)).toEqual([])
    })
  })

  it.each(['../../etc/passwd', 'ABC', '', sha256.toUpperCase()])('takes %j for no digest', async (digest) => {
    expect(() => openBlobStore('/nowhere').path(digest)).toThrow(
      expect.objectContaining({ code: 'E-IDX-HASH' }),
    )
  })

  it('removes a damaged file when asked to look, so that it can be had anew', async () => {
    await tempDir('svcsplit-store-', async (folder) => {
      const store = openBlobStore(folder)
      const { path } = await store.put(content)
      expect(await store.check(sha256)).toBe(true)
      writeFileSync(path, 'cOntent')
      expect(await store.check(sha256)).toBe(false)
      expect(await store.has(sha256)).toBe(false)
    })
  })

  it('does not take a symbolic link for a blob', async () => {
    await tempDir('svcsplit-store-', async (folder) => {
      const store = openBlobStore(folder)
      mkdirSync(`${folder}/sha256`)
      symlinkSync('/etc/hostname', store.path(sha256))
      expect(await store.has(sha256)).toBe(false)
      expect(await store.check(sha256)).toBe(false)
      expect(readFileSync('/etc/hostname').length).toBeGreaterThan(0)
    })
  })

  it('takes the same bytes from many writers at once', async () => {
    await tempDir('svcsplit-store-', async (folder) => {
      const store = openBlobStore(folder)
      await Promise.all(Array.from({ length: 20 }, () => store.put(content, { sha256 })))
      expect(readdirSync(`${folder}/sha256`)).toEqual([sha256])
    })
  })

  it('sweeps folders that killed processes left a day ago, and nothing younger', async () => {
    await tempDir('svcsplit-test-', async (parent) => {
      const age = { 'job-old': 25, 'job-young': 23, 'other-old': 25 }
      for (const [name, hours] of Object.entries(age)) {
        mkdirSync(join(parent, name))
        writeFileSync(join(parent, name, 'file'), '')
        const then = new Date(Date.now() - hours * 3_600_000)
        utimesSync(join(parent, name), then, then)
      }
      await tempDir('job-', async () => undefined, { parent })
      expect(readdirSync(parent).sort()).toEqual(['job-young', 'other-old'])
    })
  })

  it('sweeps what a killed writer left an hour ago, and nothing younger', async () => {
    await tempDir('svcsplit-store-', async (folder) => {
      mkdirSync(`${folder}/sha256`)
      writeFileSync(`${folder}/sha256/.svcsplit-tmp-old`, '')
      writeFileSync(`${folder}/sha256/.svcsplit-tmp-young`, '')
      age.set(`${folder}/sha256/.svcsplit-tmp-old`, 61).set(`${folder}/sha256/.svcsplit-tmp-young`, 59)
      await openBlobStore(folder).put(content)
      expect(readdirSync(`${folder}/sha256`).sort()).toEqual(['.svcsplit-tmp-young', sha256])
    })
  })
})

describe('a folder that files are written to', () => {
  it('loses what a killed writer left beside them an hour ago', async () => {
    await tempDir('svcsplit-beside-', async (folder) => {
      writeFileSync(`${folder}/.svcsplit-tmp-old`, '')
      writeFileSync(`${folder}/.svcsplit-tmp-young`, '')
      age.set(`${folder}/.svcsplit-tmp-old`, 61).set(`${folder}/.svcsplit-tmp-young`, 59)
      await writeOutput(`${folder}/pylock.toml`, 'text')
      expect(readdirSync(folder).sort()).toEqual(['.svcsplit-tmp-young', 'pylock.toml'])
    })
  })

  it('keeps what others write there now, though the clock is ten years ahead of it', async () => {
    await tempDir('svcsplit-beside-', async (folder) => {
      writeFileSync(`${folder}/.svcsplit-tmp-young`, '')
      const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 10 * 365 * 86_400_000)
      await writeOutput(`${folder}/pylock.toml`, 'text').finally(() => clock.mockRestore())
      expect(readdirSync(folder).sort()).toEqual(['.svcsplit-tmp-young', 'pylock.toml'])
    })
  })

  it('keeps the new name that an old file is getting', async () => {
    await tempDir('svcsplit-beside-', async (folder) => {
      writeFileSync(`${folder}/old`, '')
      utimesSync(`${folder}/old`, 1, 1)
      linkSync(`${folder}/old`, `${folder}/.svcsplit-tmp-linked`)
      await writeOutput(`${folder}/pylock.toml`, 'text')
      expect(readdirSync(folder).sort()).toEqual(['.svcsplit-tmp-linked', 'old', 'pylock.toml'])
    })
  })
})

describe('a folder', () => {
  it('is made with those above it, by many at once, and may be there', async () => {
    await tempDir('svcsplit-dirs-', async (folder) => {
      await Promise.all(Array.from({ length: 10 }, () => ensureDir(`${folder}/a/b/c`)))
      expect((await statusOf(`${folder}/a/b/c`))?.kind).toBe('folder')
    })
  })

  it.each([
    ['/proc/nothing/below', 'E-FS-NOTFOUND'],
    ['/dev/null/below', 'E-FS-KIND'],
    ['/dev/null', 'E-FS-KIND'],
  ])('that the system refuses is an error at once: %s', async (path, code) => {
    await expect(ensureDir(path)).rejects.toMatchObject({ code, at: { path } })
  })
})

describe('a pipe that nobody writes to', () => {
  it.each([
    ['readBytes', (path: string) => readBytes(path)],
    ['readText', (path: string) => readText(path)],
    ['readTextSync', async (path: string) => readTextSync(path)],
    ['readRange', (path: string) => readRange(path, 0, 1)],
    ['readChunks', async (path: string) => (await readChunks(path).next()).value],
  ])('is refused at once by %s', (_, read) =>
    tempDir('pipe-', async (dir) => {
      const path = join(dir, 'pipe')
      execFileSync('mkfifo', [path])
      // A writer that comes ends a read that waits: the test then fails, and does not hang.
      const writer = spawn('bash', ['-c', 'sleep 2; exec 3<>"$0"; sleep 1', path], { stdio: 'ignore' })
      try {
        await expect(read(path)).rejects.toMatchObject({ code: 'E-FS-KIND', at: { path } })
      } finally {
        writer.kill('SIGKILL')
      }
    }))

  it('but what the shell makes of <(...) is read', async () => {
    const code = `import('#io/files.js').then(async ({ readText }) => console.log(await readText(process.argv[1])))`
    const shown = execFileSync('bash', ['-c', `"$0" -e "$1" <(sleep 0.1; echo told)`, process.execPath, code])
    expect(String(shown).trim()).toBe('told')
  })
})

describe('the cache folder', () => {
  it.each([
    [{ SVCSPLIT_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/svcsplit'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/svcsplit'],
    [{ HOME: '/h' }, '/h/.cache/svcsplit'],
  ])('for %j is %s', (environment, expected) => {
    expect(cacheDir(environment)).toBe(expected)
  })
})

describe('writeOutput', () => {
  it('leaves a link a link and writes what it points at', () =>
    tempDir('output-', async (dir) => {
      writeFileSync(join(dir, 'real.json'), 'old')
      symlinkSync('real.json', join(dir, 'link.json'))
      await writeOutput(join(dir, 'link.json'), 'new')
      expect(await statusOf(join(dir, 'link.json'))).toMatchObject({ kind: 'link' })
      expect(readFileSync(join(dir, 'real.json'), 'utf8')).toBe('new')
    }))

  it('writes to a pipe, also behind a link, and leaves it a pipe', () =>
    tempDir('output-', async (dir) => {
      spawnSync('mkfifo', [join(dir, 'pipe')])
      symlinkSync('pipe', join(dir, 'link'))
      for (const name of ['pipe', 'link']) {
        const reader = readFile(join(dir, 'pipe'), 'utf8')
        await writeOutput(join(dir, name), 'the result')
        expect(await reader).toBe('the result')
      }
      expect(await statusOf(join(dir, 'pipe'))).toMatchObject({ kind: 'other' })
      expect(readdirSync(dir).sort()).toEqual(['link', 'pipe'])
    }))

  it('adds to a file that is open already, also behind a link, and leaves its name to the bytes before', () =>
    tempDir('output-', async (dir) => {
      writeFileSync(join(dir, 'log'), 'before\n')
      const log = openSync(join(dir, 'log'), 'a')
      try {
        symlinkSync(`/proc/self/fd/${log}`, join(dir, 'link'))
        await writeOutput(`/proc/self/fd/${log}`, 'one\n')
        await writeOutput(join(dir, 'link'), 'two\n')
      } finally {
        closeSync(log)
      }
      expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('before\none\ntwo\n')
      expect(await statusOf(join(dir, 'link'))).toMatchObject({ kind: 'link' })
    }))

  it('writes to an open file that has no name any more', () =>
    tempDir('output-', async (dir) => {
      const file = openSync(join(dir, 'gone'), 'w+')
      try {
        rmSync(join(dir, 'gone'))
        symlinkSync(`/proc/self/fd/${file}`, join(dir, 'link'))
        await writeOutput(join(dir, 'link'), 'the result')
        const read = Buffer.alloc(100)
        expect(read.toString('utf8', 0, readSync(file, read, 0, 100, 0))).toBe('the result')
      } finally {
        closeSync(file)
      }
      expect(await statusOf(join(dir, 'link'))).toMatchObject({ kind: 'link' })
    }))

  it('refuses a folder, also behind a link', () =>
    tempDir('output-', async (dir) => {
      mkdirSync(join(dir, 'folder'))
      symlinkSync('folder', join(dir, 'link'))
      await expect(writeOutput(join(dir, 'folder'), 'x')).rejects.toMatchObject({ code: 'E-FS-KIND' })
      await expect(writeOutput(join(dir, 'link'), 'x')).rejects.toMatchObject({ code: 'E-FS-KIND' })
      expect(readdirSync(dir).sort()).toEqual(['folder', 'link'])
    }))
})
