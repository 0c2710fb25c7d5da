import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { tempDir } from '#io/temp-dir.js'

const built = fileURLToPath(new URL('../../dist/io/', import.meta.url))

/** Runs a module on a file system of 64 KiB in a mount namespace of its own. @returns its output */
async function onTinyDisk(script: string): Promise<string> {
  return tempDir('svcsplit-full-', async (folder) => {
    const steps = [
      'set -e',
      `mount -t tmpfs -o size=64k tmpfs "${folder}"`,
      `exec "${process.execPath}" --input-type=module -e "$SCRIPT" "${folder}"`,
    ]
    const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', steps.join('\n')], {
      encoding: 'utf8',
      env: { ...process.env, SCRIPT: script },
    })
    expect(stderr).toBe('')
    return stdout.trim()
  })
}

describe.runIf(existsSync(`${built}files.js`))('a full disk', () => {
  it('is told with the path, and the old file stays whole without a stray beside it', async () => {
    const output = await onTinyDisk(`
      const { readText } = await import('${built}files.js')
      const { writeAtomic } = await import('${built}write-files.js')
      const { readdirSync } = await import('node:fs')
      const path = process.argv[1] + '/out'
      await writeAtomic(path, 'old')
      const error = await writeAtomic(path, Buffer.alloc(100_000)).catch((reason) => reason)
      console.log(JSON.stringify([error.code, error.at.path === path, await readText(path), readdirSync(process.argv[1])]))
    `)
    expect(JSON.parse(output)).toEqual(['E-FS-SPACE', true, 'old', ['out']])
  })

  it('keeps no half blob', async () => {
    const output = await onTinyDisk(`
      const { openBlobStore } = await import('${built}blob-store.js')
      const { readdirSync } = await import('node:fs')
      const store = openBlobStore(process.argv[1])
      const error = await store.put(Buffer.alloc(100_000)).catch((reason) => reason)
      console.log(JSON.stringify([error.code, readdirSync(process.argv[1] + '/sha256')]))
    `)
    expect(JSON.parse(output)).toEqual(['E-FS-SPACE', []])
  })
})
