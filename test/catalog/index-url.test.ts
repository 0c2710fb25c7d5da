import { describe, expect, it } from 'vitest'
import { findIndexes } from '#catalog/index-url.js'
import { defaultIndexOfPip, parseIni, pipConfigurationFiles } from '#catalog/pip-configuration.js'
import { readText } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'

const none = async (): Promise<undefined> => undefined
const bare = { environment: {}, configurationFiles: [], pipDefault: none }

describe('which index is used', () => {
  it('is what the flag says, before everything else', async () => {
    const found = await findIndexes({
      ...bare,
      indexUrl: 'https://index.example/simple/',
      environment: { PIP_INDEX_URL: 'https://variable.example/simple' },
    })
    expect(found).toEqual({ urls: ['https://index.example/simple'], source: '--index-url' })
  })

  it('is what PIP_INDEX_URL says, before the configuration files', async () => {
    await tempDir('svcsplit-pip-', async (folder) => {
      await writeAtomic(`${folder}/pip.conf`, '[global]\nindex-url = https://file.example/simple\n')
      const files = { configurationFiles: [`${folder}/pip.conf`] }
      const variable = { PIP_INDEX_URL: 'https://variable.example/simple' }
      expect((await findIndexes({ ...bare, ...files, environment: variable })).urls).toEqual([
        'https://variable.example/simple',
      ])
      expect((await findIndexes({ ...bare, ...files })).urls).toEqual(['https://file.example/simple'])
    })
  })

  it('is what the last configuration file says, [install] before [global]', async () => {
    await tempDir('svcsplit-pip-', async (folder) => {
      await writeAtomic(`${folder}/a`, '[global]\nindex_url: https://a.example/simple\n')
      await writeAtomic(
        `${folder}/b`,
        '# of the site\n[install]\nindex-url = https://b.example/simple\nextra-index-url =\n    https://x.example/simple\n    https://y.example/simple\n',
      )
      await writeAtomic(`${folder}/c`, '[global]\nindex-url = https://c.example/simple\n')
      const files = ['a', 'b', 'missing', 'c'].map((name) => `${folder}/${name}`)
      expect((await findIndexes({ ...bare, configurationFiles: files })).urls).toEqual([
        'https://b.example/simple',
        'https://x.example/simple',
        'https://y.example/simple',
      ])
    })
  })

  it('is what pip states when nobody says anything', async () => {
    const found = await findIndexes({ ...bare, pipDefault: async () => 'https://default.example/simple' })
    expect(found).toEqual({ urls: ['https://default.example/simple'], source: "pip's own default" })
  })

  it('is an error that says what to do when nothing is found', async () => {
    await expect(findIndexes(bare)).rejects.toMatchObject({
      code: 'E-IDX-UNKNOWN',
      hint: expect.stringContaining('--index-url'),
    })
  })

  it.each([
    'index.example/simple',
    'ftp://index.example',
    'file:///simple',
    'https://',
  ])('is never %s', async (indexUrl) => {
    await expect(findIndexes({ ...bare, indexUrl })).rejects.toMatchObject({ code: 'E-IDX-UNKNOWN' })
  })

  it('shows no login in its errors', async () => {
    const error = await findIndexes({ ...bare, indexUrl: 'ftp://me:hunter2@index.example' }).catch(
      (reason) => reason,
    )
    expect(String(error.message)).not.toContain('hunter2')
  })

  it('can be read from the pip of this machine, which is asked once as long as python3 is the same', async () => {
    await tempDir('svcsplit-pip-', async (folder) => {
      const url = await defaultIndexOfPip(folder)
      expect(url).toMatch(/^https:\/\/[^/]+\/simple$/)
      const kept = `${folder}/pip-default-1`
      await writeAtomic(kept, (await readText(kept)).replace(url!, 'https://kept.example/simple'))
      expect(await defaultIndexOfPip(folder)).toBe('https://kept.example/simple')
      await writeAtomic(kept, (await readText(kept)).replace(/ [\d.]+\n/, ' 1\n'))
      expect(await defaultIndexOfPip(folder)).toBe(url)
      await writeAtomic(kept, 'garbage')
      expect(await defaultIndexOfPip(folder)).toBe(url)
    })
  })

  it('is unknown where there is no python3', async () => {
    expect(await defaultIndexOfPip('/nowhere', { PATH: '/no/such/folder' })).toBeUndefined()
  })
})

describe("pip's configuration", () => {
  it('is read from the files that pip reads, in its order', () => {
    expect(pipConfigurationFiles({ HOME: '/h', PIP_CONFIG_FILE: '/own.conf', VIRTUAL_ENV: '/venv' })).toEqual(
      [
        '/etc/xdg/pip/pip.conf',
        '/etc/pip.conf',
        '/h/.pip/pip.conf',
        '/h/.config/pip/pip.conf',
        '/venv/pip.conf',
        '/own.conf',
      ],
    )
    expect(pipConfigurationFiles({ PIP_CONFIG_FILE: '/dev/null' })).toEqual([])
  })

  it.each([
    'index-url = x',
    '[global]\n no section key',
    '[global]\nnot an option',
  ])('refuses %j with its line', (text) => {
    if (text.includes(' no section')) expect(() => parseIni(text, 'pip.conf')).toThrow()
    else
      expect(() => parseIni(text, 'pip.conf')).toThrow(
        expect.objectContaining({ code: 'E-IDX-UNKNOWN', at: expect.objectContaining({ path: 'pip.conf' }) }),
      )
  })
})
