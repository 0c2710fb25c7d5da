import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ContainerfileOptions, renderContainerfile } from '#dockerfile/containerfile.js'
import { buildWithBuildah, writeContext } from '#dockerfile/context.js'
import type { Lock } from '#lock/lock.js'
import { normalizeName } from '#pep/name.js'

const hash = (digit: string) => digit.repeat(64)

const lock: Lock = {
  service: 'demo',
  release: '2025.1',
  root: normalizeName('demo'),
  python: '3.11',
  platform: 'linux/amd64',
  glibc: '2.36',
  distributions: [
    { name: normalizeName('demo'), version: '1.0', dependencies: [normalizeName('oslo.utils')] },
    { name: normalizeName('oslo.utils'), version: '8.2.0', dependencies: [] },
  ],
}

const profile: Parameters<typeof renderContainerfile>[1] = {
  user: { name: 'demo', uid: 42400, gid: 42401 },
  directories: ['/var/lib/demo'],
  data: new Map([['etc/demo', '/etc/demo']]),
}

const options: ContainerfileOptions = {
  base: 'svcsplit-base',
  prefix: '/opt/venv',
  pythonPath: '/usr/bin/python3.11',
  wheels: [
    {
      name: 'oslo-utils',
      version: '8.2.0',
      filename: 'oslo_utils-8.2.0-py3-none-any.whl',
      sha256: hash('b'),
    },
    { name: 'demo', version: '1.0', filename: 'demo-1.0-py3-none-any.whl', sha256: hash('a') },
  ],
  pip: { name: 'pip', version: '26.3', filename: 'pip-26.3-py3-none-any.whl', sha256: hash('c') },
  command: ['demo-api', '--config-file=/etc/demo/demo.conf'],
  ports: [9000, 80, 9000],
  sudoers: '',
}

const render = (change: Partial<ContainerfileOptions> = {}, over: Partial<typeof profile> = {}) =>
  renderContainerfile(lock, { ...profile, ...over }, { ...options, ...change })

const lines = (text: string) => text.split('\n')

describe('a Containerfile', () => {
  it('begins with a comment that no builder takes for a directive', () => {
    const [first] = lines(render().text)
    expect(first).toMatch(/^# Written by svcsplit for demo@2025\.1, Python 3\.11, linux\/amd64\./)
    expect(first).not.toMatch(/^#\s*\w+\s*=/)
  })

  it('has two stages on one base, and takes the environment alone from the first', () => {
    const { text } = render()
    expect(lines(text).filter((line) => line.startsWith('FROM'))).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a build argument
      'FROM ${BASE} AS build',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a build argument
      'FROM ${BASE}',
    ])
    expect(lines(text).filter((line) => line.startsWith('COPY --from'))).toEqual([
      'COPY --from=build ["/opt/venv", "/opt/venv"]',
    ])
  })

  it('installs by hash, without network, dependencies or bytecode', () => {
    const { text } = render()
    for (const option of [
      '--no-index',
      '--require-hashes',
      '--no-deps',
      '--only-binary :all:',
      '--no-compile',
    ])
      expect(text).toContain(option)
  })

  it('runs as the user of the profile, who is in passwd, and starts the command without a shell', () => {
    const { text } = render()
    expect(text).toContain("'demo:*:42400:42401::/var/lib/demo:/usr/sbin/nologin' >> /etc/passwd")
    expect(lines(text).slice(-6)).toEqual([
      'EXPOSE 9000/tcp',
      'USER 42400:42401',
      '# what the base starts is not what the service starts',
      'ENTRYPOINT []',
      'CMD ["demo-api", "--config-file=/etc/demo/demo.conf"]',
      '',
    ])
  })

  it('lets the user run as root what the profile says, and rootwrap find the environment', () => {
    const { text } = render(
      { sudoers: 'Defaults:demo !requiretty\ndemo ALL = (root) ALL\n' },
      { rootwrap: '/etc/demo/rootwrap.conf' },
    )
    expect(text).toContain(
      "printf '%s\\n' 'Defaults:demo !requiretty' 'demo ALL = (root) ALL' > '/etc/sudoers.d/demo'; chmod 440 '/etc/sudoers.d/demo'",
    )
    expect(text).toContain("sed -i 's|^exec_dirs *= *|&/opt/venv/bin,|' '/etc/demo/rootwrap.conf'")
  })

  it('lets in the modules of the base that the profile says', () => {
    const path = '/opt/venv/lib/python3.11/site-packages/svcsplit-system-modules.pth'
    const { text } = render({ systemModules: { path, text: "# ours\nimport sys; x('rados')\n" } })
    expect(text).toContain(`printf '%s\\n' '# ours' 'import sys; x('\\''rados'\\'')' > '${path}'`)
  })

  it('comes with every distribution of the lock by the hash of its wheel', () => {
    expect(render().files.get('requirements.txt')).toBe(
      `# Written by svcsplit: every distribution of the lock, each by the hash of its wheel.
demo==1.0 --hash=sha256:${hash('a')}
oslo-utils==8.2.0 --hash=sha256:${hash('b')}
`,
    )
  })

  it('keeps a hostile value inside its own word', () => {
    const { text } = render(
      { command: ['x', '"; RUN evil', '$(evil)'], base: 'a"\\$b' },
      { directories: ["/var/lib/it's; rm -rf $HOME"] },
    )
    expect(text).toContain("mkdir -p '/var/lib/it'\\''s; rm -rf $HOME'")
    expect(text).toContain('CMD ["x", "\\"; RUN evil", "$(evil)"]')
    expect(text).toContain('ARG BASE="a\\"\\\\\\$b"')
    expect(lines(text).filter((line) => /^(?:RUN|CMD) /.test(line))).toHaveLength(3)
  })

  it('is refused with a line break in a value', () => {
    expect(() => render({ command: ['a\nRUN evil'] })).toThrow(
      expect.objectContaining({ code: 'E-PRF-SCHEMA' }),
    )
  })

  it('is refused for a distribution without a wheel, by its name', () => {
    expect(() => render({ wheels: options.wheels.slice(1) })).toThrow(
      expect.objectContaining({ code: 'E-LCK-NOFILE', message: expect.stringContaining('oslo-utils 8.2.0') }),
    )
  })

  it.each([
    '../x.whl',
    'x y.whl',
    'x.whl --hash',
    '-x.whl',
    'x.tar.gz',
  ])('is refused for a wheel named %j', (filename) => {
    expect(() => render({ pip: { ...options.pip, filename } })).toThrow(
      expect.objectContaining({ code: 'E-LCK-FORM' }),
    )
  })
})

describe('a build context', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'context-test-'))
    await writeFile(join(dir, 'blob'), 'wheel')
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  /** The smallest layout that there is: a manifest with its config. */
  async function writeBase(): Promise<{ layout: string; digest: string }> {
    const layout = join(dir, 'layout')
    await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
    const put = async (text: string): Promise<string> => {
      const hex = createHash('sha256').update(text).digest('hex')
      await writeFile(join(layout, 'blobs/sha256', hex), text)
      return `sha256:${hex}`
    }
    const config = await put('{}')
    return { layout, digest: await put(JSON.stringify({ config: { digest: config }, layers: [] })) }
  }

  const wheels = () => [{ path: join(dir, 'blob'), filename: 'demo-1.0-py3-none-any.whl' }]

  it('holds the Containerfile, the requirements and the wheels, which are not copied', async () => {
    const context = join(dir, 'context')
    await writeContext(context, render(), wheels(), await writeBase())
    expect((await readdir(context)).sort()).toEqual([
      '.dockerignore',
      'Containerfile',
      'base',
      'requirements.txt',
      'wheels',
    ])
    expect(await readdir(join(context, 'base/blobs/sha256'))).toHaveLength(2)
    expect(await readFile(join(context, 'Containerfile'), 'utf8')).toBe(render().text)
    const linked = await stat(join(context, 'wheels', 'demo-1.0-py3-none-any.whl'))
    expect(linked.ino).toBe((await stat(join(dir, 'blob'))).ino)
  })

  it('is written again over itself, without the wheels that are gone', async () => {
    const context = join(dir, 'context')
    await writeContext(context, render(), wheels(), await writeBase())
    const newer = [{ path: join(dir, 'blob'), filename: 'demo-1.1-py3-none-any.whl' }]
    await writeContext(context, render(), newer, await writeBase())
    expect(await readdir(join(context, 'wheels'))).toEqual(['demo-1.1-py3-none-any.whl'])
  })

  it('does not touch a folder that holds something else', async () => {
    const base = await writeBase()
    await expect(writeContext(dir, render(), wheels(), base)).rejects.toMatchObject({ code: 'E-OUT-EXISTS' })
    expect(await readdir(dir)).toEqual(['blob', 'layout'])
  })

  it('says that buildah is missing where it is', async () => {
    const path = process.env.PATH
    process.env.PATH = join(dir, 'nothing')
    try {
      const base = await writeBase()
      const where = { base, destination: 'oci:out', cacheDir: dir }
      await expect(buildWithBuildah(dir, where)).rejects.toMatchObject({
        code: 'E-EXE-MISSING',
      })
    } finally {
      process.env.PATH = path
    }
  })
})
