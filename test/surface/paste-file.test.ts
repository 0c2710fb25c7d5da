import { describe, expect, it } from 'vitest'
import { isPasteFile, readPasteFile } from '#surface/paste-file.js'
import { readTexts } from './sources.js'

const file = `# what the service serves
[composite:main]
use = egg:Paste#urlmap
/ = api
/healthcheck = health

[pipeline:api]
pipeline = cors
    auth app

[filter:cors]
paste.filter_factory = ext_middleware.cors:filter_factory

[filter:auth]
paste.filter_factory = ext_auth.token:Auth.factory

[filter:audit]
paste.filter_factory = ext_auth.audit:filter_factory

[filter:profile]
use = egg:repoze.profile

[app:app]
paste.app_factory = own.api:make

[app:health]
use = call:ext_middleware:Health.factory
`

describe('A paste file', () => {
  it('is told by its name', () => {
    expect(
      ['etc/nova/api-paste.ini', 'paste.ini', 'x/barbican-api-paste.ini', 'etc/paste.ini.sample'].filter(
        isPasteFile,
      ),
    ).toHaveLength(4)
    expect(['etc/nova.conf', 'paste.py', 'toothpaste.ini'].filter(isPasteFile)).toEqual([])
  })

  it('names what it has loaded, with lines, and whether it serves it', () => {
    expect(
      readPasteFile(file).map(({ name, line, served }) => `${line} ${name}${served ? '' : ' not served'}`),
    ).toEqual([
      '12 ext_middleware.cors.filter_factory',
      '15 ext_auth.token.Auth.factory',
      '18 ext_auth.audit.filter_factory not served',
      '24 own.api.make',
      '27 ext_middleware.Health.factory',
    ])
  })

  it.each([
    '',
    '= x',
    '[',
    '[]\nuse = a:b',
    '\u0000',
    '  goes on with nothing',
    `[app:main]\n${'x'.repeat(200_000)}`,
    `[app:main]\nx${' '.repeat(200_000)}`,
    `[app:main]\nuse = ${'a.'.repeat(100_000)}`,
  ])('reads %j without failing', (text) => {
    expect(readPasteFile(text).length).toBeLessThanOrEqual(1)
  })

  it('is a user of names: what it serves is needed when a process starts', async () => {
    const facts = await readTexts({ 'own/__init__.py': '', 'own/api.py': '', 'etc/own/api-paste.ini': file })
    expect(
      facts.loaders.map(({ file: path, uses, imports }) => ({
        path,
        uses: uses.map(({ kind, name, line, moment }) => `${kind} ${name} ${line} ${moment}`),
        imports,
      })),
    ).toEqual([
      {
        path: 'etc/own/api-paste.ini',
        uses: [
          'module ext_middleware.cors 12 import',
          'attribute ext_middleware.cors.filter_factory 12 import',
          'module ext_auth.token 15 import',
          'attribute ext_auth.token.Auth.factory 15 import',
          'module ext_auth.audit 18 call',
          'attribute ext_auth.audit.filter_factory 18 call',
          'module ext_middleware 27 import',
          'attribute ext_middleware.Health.factory 27 import',
        ],
        imports: ['ext_auth.token', 'ext_middleware', 'ext_middleware.cors', 'own.api'],
      },
    ])
  })
})
