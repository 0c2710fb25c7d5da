import { describe, expect, it } from 'vitest'
import { run } from '#io/exec.js'
import { tempDir } from '#io/temp-dir.js'

const node = process.execPath

describe('run', () => {
  it('gives both streams of a program that succeeds', async () => {
    const result = await run(node, ['-e', 'console.log("out"); console.error("err")'])
    expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n' })
  })

  it('hands arguments over without a shell', async () => {
    const result = await run(node, ['-e', 'process.stdout.write(process.argv[1])', '$(id) "*" ;'])
    expect(result.stdout).toBe('$(id) "*" ;')
  })

  it('gives the input to the program and ends its stdin', async () => {
    const result = await run(node, ['-e', 'process.stdin.pipe(process.stdout)'], { input: 'text' })
    expect(result.stdout).toBe('text')
  })

  it('tells lines of both streams as they come', async () => {
    const lines: string[] = []
    await run(node, ['-e', 'console.log("a"); console.error("b")'], { onLine: (line) => lines.push(line) })
    expect(lines.toSorted()).toEqual(['a', 'b'])
  })

  it('gives the program only the environment that it is told', async () => {
    const result = await run(node, ['-e', 'console.log(Object.keys(process.env).sort().join())'], {
      env: { ONLY: '1' },
    })
    expect(result.stdout.trim()).toBe('ONLY')
  })

  it('refuses a program that is not installed and says what to do', async () => {
    await expect(run('svcsplit-no-such-program', [])).rejects.toMatchObject({
      code: 'E-EXE-MISSING',
      hint: expect.stringContaining('install'),
    })
  })

  it('names the working folder when it is the folder that is missing', async () => {
    await expect(run(node, [], { cwd: '/no/such/folder' })).rejects.toMatchObject({
      code: 'E-FS-NOTFOUND',
      message: expect.stringContaining('/no/such/folder'),
    })
  })

  it('refuses an argument with a NUL character', async () => {
    await expect(run(node, ['a\0b'])).rejects.toMatchObject({ code: 'E-EXE-FAILED' })
  })

  it('keeps the last twenty lines of stderr of a program that fails', async () => {
    const script = 'for (let i = 1; i <= 50; i++) console.error("line " + i + "."); process.exit(125)'
    const error = await run(node, ['-e', script]).catch((reason: Error) => reason)
    expect(error).toMatchObject({ code: 'E-EXE-FAILED' })
    const message = (error as Error).message
    expect(message).toContain('exit code 125')
    expect(message).toContain('line 50.')
    expect(message).toContain('line 31.')
    expect(message).not.toContain('line 30.')
  })

  it('ends a program that writes without end', async () => {
    const script = 'setInterval(() => process.stdout.write("x".repeat(65536)), 0)'
    await expect(run(node, ['-e', script], { maxOutput: 1_000_000 })).rejects.toMatchObject({
      code: 'E-EXE-FAILED',
      message: expect.stringContaining('more than'),
    })
  })

  it('ends a program that hangs, and the children that it started', async () => {
    await tempDir('svcsplit-exec-', async (folder) => {
      const script = `const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
        require("fs").writeFileSync(${JSON.stringify(`${folder}/pid`)}, String(c.pid)); setInterval(() => {}, 1000)`
      await expect(run(node, ['-e', script], { timeoutMs: 700 })).rejects.toMatchObject({
        code: 'E-EXE-FAILED',
        message: expect.stringContaining('700 ms'),
      })
      const { readText, exists } = await import('#io/files.js')
      const pid = await readText(`${folder}/pid`)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const stat = (await exists(`/proc/${pid}`)) ? await readText(`/proc/${pid}/stat`) : ' Z '
      expect(stat).toContain(' Z ')
    })
  })
})
