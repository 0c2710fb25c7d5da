import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { helmTags, kollaVariables } from '#export/engine-names.js'
import { engines } from '#export/engines.js'
import type { Plan } from '#upgrade/plan.js'
import { smallPlan } from '../export/plan-fixture.js'
import { needs } from '../support/tools.js'

/** Exports, as the engines that they are for read them. */
const tools = needs('python3', 'systemd-analyze')
const packages = [
  'kolla-ansible==22.2.0',
  'podman-compose==1.6.0',
  'kubernetes-validate==1.37.0',
  'check-jsonschema==0.39.0',
]
let venv = ''
let folder = ''
let plan: Plan

const schema = (name: string): string =>
  fileURLToPath(new URL(`../oracle/schemas/${name}.json`, import.meta.url))
const bin = (name: string): string => join(venv, 'bin', name)
const run = (command: string, args: readonly string[], environment: Record<string, string> = {}) =>
  spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment } })

describe.skipIf(tools.missing)(tools.title('what is exported'), () => {
  beforeAll(async () => {
    venv = join(process.env.SVCSPLIT_CACHE_DIR!, 'export-tools')
    if (!existsSync(bin('check-jsonschema'))) {
      execFileSync('python3', ['-m', 'venv', venv])
      execFileSync(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages])
    }
    folder = mkdtempSync(join(tmpdir(), 'svcsplit-export-'))
    plan = await smallPlan()
    for (const [engine, make] of Object.entries(engines))
      for (const { path, text } of make(plan)) {
        const target = join(folder, engine, path)
        mkdirSync(join(target, '..'), { recursive: true })
        writeFileSync(target, text)
      }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('makes kolla-ansible take our image for each process, and leave every other image alone', () => {
    const roles = join(venv, 'share/kolla-ansible/ansible')
    const names = Object.values(kollaVariables)
      .flat()
      .map((name) => `${name}_image_full`)
    const others = [
      'nova_libvirt_image_full',
      'nova_ssh_image_full',
      'keystone_fernet_image_full',
      'cinder_api_image_full',
    ]
    const play = (name: string, vars: readonly string[]) => ({
      hosts: 'localhost',
      gather_facts: false,
      vars: { kolla_base_distro: 'debian', openstack_release: '2025.2' },
      vars_files: [
        ...readdirSync(join(roles, 'group_vars/all')).map((file) => join(roles, 'group_vars/all', file)),
        ...[...Object.keys(kollaVariables), 'nova-cell'].map((role) =>
          join(roles, 'roles', role, 'defaults/main.yml'),
        ),
        ...vars,
      ],
      tasks: [
        {
          name: 'Resolve',
          'ansible.builtin.copy': {
            dest: join(folder, `${name}.json`),
            content: `{{ {${[...names, ...others].map((one) => `'${one}': ${one}`).join(', ')}} | to_json }}`,
          },
        },
      ],
    })
    const globals = (way: string): string[] => {
      const dir = join(folder, 'kolla-ansible', way, 'globals.d')
      return readdirSync(dir).map((name) => join(dir, name))
    }
    const plays = [play('before', []), play('after', globals('upgrade')), play('back', globals('fallback'))]
    writeFileSync(join(folder, 'resolve.yml'), stringify(plays))
    const result = run(bin('ansible-playbook'), ['-i', 'localhost,', '-c', 'local', 'resolve.yml'], {
      ANSIBLE_PYTHON_INTERPRETER: bin('python3'),
    })
    expect(result.stdout + result.stderr).toContain('failed=0')
    const resolved = (name: string): Record<string, string> =>
      JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
    // Every variable that we set is one that the roles have.
    const before = resolved('before')
    const after = resolved('after')
    expect(after.keystone_image_full).toBe('registry.example/cloud/keystone:2025.2')
    expect(after.glance_api_image_full).toBe('registry.example/cloud/glance:2025.2')
    expect(after.heat_engine_image_full).toBe('registry.example/cloud/heat:2025.2')
    const moved = new Set(['keystone', 'glance', 'heat'].flatMap((service) => kollaVariables[service]!))
    for (const [name, value] of Object.entries(after))
      if (!moved.has(name.replace(/_image_full$/, ''))) expect([name, value]).toEqual([name, before[name]])
    expect(resolved('back').glance_api_image_full).toBe('registry.example/cloud/glance:2025.1')
  })

  it.each(['upgrade', 'fallback'])('is a Compose file that podman-compose reads (%s)', (way) => {
    const file = join(folder, 'compose', way, 'compose.yaml')
    const result = run(bin('podman-compose'), ['-f', file, 'config'])
    expect(result.stderr).not.toMatch(/error|Traceback/i)
    expect(result.status).toBe(0)
    expect(result.stdout).toContain(
      `registry.example/cloud/keystone:${way === 'upgrade' ? '2025.2' : '2025.1'}`,
    )
  })

  it.each([
    ['compose', 'compose.yaml', ['--builtin-schema', 'vendor.compose-spec']],
    ['bake', 'docker-bake.json', ['--schemafile', schema('bake')]],
    ['zuul', 'zuul.d/svcsplit.yaml', ['--schemafile', schema('zuul')]],
  ] as const)('fits the schema of %s, which finds a key that nobody knows', (engine, path, options) => {
    for (const way of ['upgrade', 'fallback']) {
      const file = join(folder, engine, way, path)
      const good = run(bin('check-jsonschema'), [...options, file])
      expect([file, good.status, good.stdout + good.stderr]).toEqual([file, 0, expect.stringContaining('ok')])
      const broken = join(folder, `broken-${path.split('/').at(-1)}`)
      writeFileSync(broken, readFileSync(file, 'utf8').replace(/(image|context|parent)("?:)/, '$1x$2'))
      expect(run(bin('check-jsonschema'), [...options, broken]).status).toBe(1)
    }
  })

  it('is objects that Kubernetes takes', () => {
    const files = ['upgrade', 'fallback'].flatMap((way) =>
      readdirSync(join(folder, 'kubernetes', way))
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => join('kubernetes', way, name)),
    )
    const good = run(bin('kubernetes-validate'), ['--strict', ...files])
    expect(good.stdout + good.stderr).not.toMatch(/error/i)
    expect(good.status).toBe(0)
    const broken = readFileSync(join(folder, files[0]!), 'utf8').replace('maxUnavailable', 'maxUnavailabel')
    writeFileSync(join(folder, 'broken.yaml'), broken)
    expect(run(bin('kubernetes-validate'), ['--strict', 'broken.yaml']).status).not.toBe(0)
  })

  it.each(['upgrade', 'fallback'])('is units whose other sections systemd knows (%s)', (way) => {
    const dir = join(folder, 'quadlet', way)
    for (const name of readdirSync(dir).filter((one) => one.endsWith('.container'))) {
      const text = readFileSync(join(dir, name), 'utf8')
      const [, container = ''] = /\[Container\]\n([\s\S]*?)\n\n/.exec(text) ?? []
      // podman-systemd.unit(5): the keys that are used here.
      for (const line of container.split('\n'))
        expect(line).toMatch(
          /^(Image|ContainerName|Network|Volume|Environment|Exec|Health(Cmd|Interval|Timeout|Retries|StartPeriod))=./,
        )
      const exec = /^Exec=(.*)$/m.exec(container)?.[1] ?? ''
      const unit = join(folder, name.replace('.container', '.service'))
      writeFileSync(
        unit,
        text
          .replace(/\[Container\]\n[\s\S]*?\n\n/, '')
          .replace('[Service]', `[Service]\nExecStart=/bin/echo ${exec}`),
      )
      const checked = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
      // An unknown key is a warning on stderr and no failure.
      expect(
        checked.stderr.split('\n').filter((one) => one.includes(name.replace('.container', ''))),
      ).toEqual([])
      expect(checked.status).toBe(0)
    }
  })

  it('is scripts that a shell can parse', () => {
    for (const engine of Object.keys(engines))
      for (const way of ['upgrade', 'fallback']) {
        const script = join(folder, engine, way, 'run.sh')
        if (existsSync(script)) expect([script, run('sh', ['-n', script]).stderr]).toEqual([script, ''])
      }
  })

  it('names for openstack-helm tags of the service alone', () => {
    for (const [service, tags] of Object.entries(helmTags))
      for (const tag of tags) expect(tag.startsWith(service)).toBe(true)
  })
})
