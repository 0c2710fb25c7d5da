import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let folder = ''
let program = ''

/** The package as `npm pack` makes it, beside nothing but what it says it depends on. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-package-'))
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'svcsplit'), { recursive: true })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  execFileSync('tar', ['xzf', join(folder, tarball), '--strip-components=1', '-C', join(modules, 'svcsplit')])
  for (const name of productionPackages()) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  program = join(modules, 'svcsplit', manifest.bin.svcsplit)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What an install without development dependencies has, by the lock. */
function productionPackages(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(lock.packages as Record<string, { dev?: boolean }>)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
    .filter((name) => existsSync(join(root, 'node_modules', name)))
}

const pinned = `svcsplit@${manifest.version}`

/** The arguments of svcsplit in a line of a job file, whose variables have these values. */
function argumentsOf(line: string, variables: Readonly<Record<string, string>>): readonly string[] {
  const filled = line.replace(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? '')
  const words = filled
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('"', ''))
  expect(words.slice(0, 3)).toEqual(['npx', '--yes', pinned])
  return words.slice(3)
}

function yaml(name: string) {
  return parse(readFileSync(join(root, 'docs/ci', name), 'utf8'))
}

/** A checkout with a policy, in which the last commit is what the job has to hold the change against. */
function checkout(): string {
  const path = mkdtempSync(join(folder, 'checkout-'))
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: path })
  git('init', '--quiet', '--initial-branch=main')
  cpSync(join(root, 'fixtures/gate/waivers.yaml'), join(path, 'svcsplit-waivers.yaml'))
  const policy = (services: string) => `hosts:\n  - {release: "2025.1", services: [${services}]}\n`
  writeFileSync(join(path, 'svcsplit-policy.yaml'), policy('nova@2026.1'))
  git('add', '--all')
  git('commit', '--quiet', '--message', 'before')
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  writeFileSync(join(path, 'svcsplit-policy.yaml'), policy('nova@2026.1, heat@2026.1'))
  return path
}

function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}

describe('the package as it is published', () => {
  it('has what it needs at run time, a man page, and no tests', () => {
    const files = readdirSync(join(folder, 'node_modules/svcsplit'), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/cli/main.js',
        'profiles/nova.yaml',
        'constraints/releases.json',
        'docs/svcsplit.1',
      ]),
    )
    expect(files.filter((path) => /^(test|bench|src)\//.test(path))).toEqual([])
    expect(run(['--version'], folder).stdout.trim()).toBe(manifest.version)
  })

  it('does what the job of GitHub Actions asks', () => {
    const cwd = checkout()
    const { env, jobs } = yaml('github.yml')
    const step = jobs.gate.steps.find((one: { name?: string }) => one.name === 'Gate')
    const summary = join(cwd, 'summary.md')
    writeFileSync(summary, 'before\n')
    const done = run(argumentsOf(step.run, { ...env, GITHUB_BASE_REF: 'main' }), cwd, {
      GITHUB_STEP_SUMMARY: summary,
    })
    expect([done.status, done.stderr]).toEqual([1, ''])
    // Only what came since: heat's finding, on the line of the policy that asks for it.
    expect(done.stdout.match(/^::error .*$/gm)).toEqual([
      expect.stringMatching(
        /^::error file=svcsplit-policy.yaml,line=2,title=svcsplit collision::heat@2026.1 /,
      ),
    ])
    expect(done.stdout).toMatch(/^gate FAILED {2}1 new, [1-9]\d* known, /m)
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## ❌ gate FAILED/)
    for (const name of ['svcsplit.sarif', 'svcsplit.xml', 'svcsplit.html', 'svcsplit.json'])
      expect(readFileSync(join(cwd, name), 'utf8').length, name).toBeGreaterThan(100)
  })

  it('does what the job of GitLab asks', () => {
    const cwd = checkout()
    const { variables, script, artifacts } = yaml('gitlab.yml').svcsplit
    const done = run([...argumentsOf(script[0], variables), '--now', '2026-11-25'], cwd)
    expect([done.status, done.stderr]).toEqual([1, ''])
    const issues = JSON.parse(readFileSync(join(cwd, artifacts.reports.codequality), 'utf8'))
    expect(issues.length).toBeGreaterThan(0)
    expect(
      issues.every((one: { location: { path: string } }) => one.location.path === 'svcsplit-policy.yaml'),
    ).toBe(true)
    expect(readFileSync(join(cwd, artifacts.reports.junit), 'utf8')).toContain('waived until 2026-12-15')
  })

  it('does what the hook of pre-commit asks', () => {
    const cwd = checkout()
    const [hook] = yaml('pre-commit.yaml').repos[0].hooks
    expect(hook.additional_dependencies).toEqual([pinned])
    const [name, ...args] = hook.entry.split(' ')
    expect(name).toBe('svcsplit')
    expect(run(args, cwd).status).toBe(1)
    const files = new RegExp(hook.files)
    expect(
      ['requirements.txt', 'a/upper-constraints.txt', 'svcsplit-policy.yaml', 'README.md'].map((path) =>
        files.test(path),
      ),
    ).toEqual([true, true, true, false])
  })

  it('does what the job of Zuul asks, and returns comments on the lines of the change', () => {
    const cwd = checkout()
    const job = yaml('zuul/zuul.yaml').find((one: { job?: object }) => one.job !== undefined).job
    expect(job.vars.svcsplit_version).toBe(manifest.version)
    for (const playbook of [job.run, job['post-run']])
      expect(existsSync(join(root, 'docs/ci/zuul', playbook))).toBe(true)
    const [task] = yaml('zuul/playbooks/run.yaml')[0].tasks
    const argv: readonly string[] = task.command.argv
    expect(argv.slice(0, 3)).toEqual(['npx', '--yes', 'svcsplit@{{ svcsplit_version }}'])
    const done = run(argv.slice(3), cwd)
    expect([done.status, done.stderr]).toEqual([1, ''])
    const { zuul } = JSON.parse(readFileSync(join(cwd, 'svcsplit-zuul.json'), 'utf8'))
    expect(zuul.file_comments['svcsplit-policy.yaml'].every(({ line }: { line: number }) => line === 2)).toBe(
      true,
    )
    const read = JSON.stringify(yaml('zuul/playbooks/post.yaml'))
    expect(read).toContain('svcsplit-zuul.json')
  })
})
