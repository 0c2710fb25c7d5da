import { describe, expect, it } from 'vitest'
import { readCheckout } from '#inputs/checkout.js'
import { parseSetupCfg } from '#inputs/setup-cfg.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { readSetupCall } from '#surface/setup-call.js'

async function read(files: Readonly<Record<string, string>>) {
  return tempDir('svcsplit-checkout-', async (folder) => {
    for (const [name, text] of Object.entries(files)) await writeAtomic(`${folder}/${name}`, text)
    return readCheckout(folder, readSetupCall)
  })
}

const pbr = `[metadata]
name = glance
summary = OpenStack Image Service

[files]
data_files =
    etc/glance =
        etc/glance-api.conf
        etc/glance-cache.conf
packages =
    glance

[entry_points]
console_scripts =
    glance-api = glance.cmd.api:main
    glance-manage = glance.cmd.manage:main
wsgi_scripts =
    glance-wsgi-api = glance.common.wsgi_app:init_app

[extras]
vmware =
  oslo.vmware>=3.6.0 # Apache-2.0
`

describe('a checkout', () => {
  it('of pbr tells its name, scripts, extras, configuration and demands', async () => {
    const source = await read({
      'setup.cfg': pbr,
      'requirements.txt': '# a comment\npbr>=3.1.1 # Apache-2.0\n\noslo.db>=5.0.0 # Apache-2.0\n',
      'glance/wsgi/api.py': 'from glance.common import wsgi_app\n\napplication = wsgi_app.init_app()\n',
      'glance/wsgi/helpers.py': 'def help():\n    pass\n',
    })
    expect(source).toEqual({
      distribution: 'glance',
      scripts: ['glance-api', 'glance-manage', 'glance-wsgi-api'],
      wsgi: ['glance.wsgi.api:application'],
      extras: ['vmware'],
      requirements: ['pbr>=3.1.1', 'oslo.db>=5.0.0'],
      groups: new Map(),
      configuration: ['etc/glance'],
    })
  })

  it('with pyproject.toml tells dependency groups with the groups that they include (PEP 735)', async () => {
    const source = await read({
      'pyproject.toml': `[project]
name = "my_shop"
version = "2.1"
dependencies = ["flask>=3", "sqlalchemy"]
[project.scripts]
shop-server = "my_shop:main"
[project.optional-dependencies]
pg = ["psycopg"]
[dependency-groups]
run = ["gunicorn", {include-group = "metrics"}]
metrics = ["prometheus-client"]
`,
    })
    expect(source).toMatchObject({
      distribution: 'my_shop',
      version: '2.1',
      scripts: ['shop-server'],
      extras: ['pg'],
      requirements: ['flask>=3', 'sqlalchemy'],
    })
    expect(source.groups.get('run')).toEqual(['gunicorn', 'prometheus-client'])
  })

  it('whose pyproject.toml leaves demands to pbr takes them from requirements.txt', async () => {
    const source = await read({
      'pyproject.toml': '[project]\nname = "nova"\ndynamic = ["version", "dependencies"]\n',
      'requirements.txt': 'oslo.db>=5\n',
    })
    expect(source.requirements).toEqual(['oslo.db>=5'])
  })

  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['nothing in it', {}, { code: 'E-REQ-SYNTAX' }],
    ['no name', { 'setup.cfg': '[metadata]\nsummary = x\n' }, { code: 'E-REQ-SYNTAX' }],
    ['a name that is none', { 'setup.cfg': '[metadata]\nname = ../x\n' }, { code: 'E-REQ-SYNTAX' }],
    ['broken TOML', { 'pyproject.toml': '[project\n' }, { code: 'E-REQ-SYNTAX', at: { line: 1 } }],
    ['a line out of place', { 'setup.cfg': 'name = x\n' }, { code: 'E-REQ-SYNTAX', at: { line: 1 } }],
    [
      'groups that include one another',
      {
        'pyproject.toml':
          '[project]\nname = "x"\n[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}]\n',
      },
      { code: 'E-REQ-CYCLE' },
    ],
    [
      'a group that includes what is not there',
      { 'pyproject.toml': '[project]\nname = "x"\n[dependency-groups]\na = [{include-group = "b"}]\n' },
      { code: 'E-REQ-SYNTAX' },
    ],
  ])('with %s is refused', async (_, files, expected) => {
    await expect(read(files)).rejects.toMatchObject(expected)
  })
})

it('setup.cfg is read as configparser reads it: comments, colons, values over several lines', () => {
  const setup = parseSetupCfg('; top\n[a]\nx = 1\ny: 2\n  3\n# no\nZ =\n    p\n    # q\n    r\n', 's')
  expect(Object.fromEntries(setup.get('a')!)).toEqual({ x: '1', y: '2\n3', z: '\np\nr' })
})
