import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { blocksOf, isSession, replay, shows, writeShown } from '../support/documents.js'

const root = join(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let folder = ''
let tarball = ''

/** Installed as anybody does it, with a registry that cannot be asked: the package has all that it needs. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-package-'))
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!)
  execFileSync('npm', ['init', '--yes'], { cwd: folder, stdio: 'ignore' })
  execFileSync('npm', ['install', '--offline', '--silent', tarball], { cwd: folder })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = () => join(folder, 'node_modules/.bin/svcsplit')
const installed = (path: string) => join(folder, 'node_modules/svcsplit', path)

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
  return spawnSync(process.execPath, [program(), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}

describe('the package as it is published', () => {
  it('is small, stands alone, and has a man page, licences and no tests', () => {
    const files = readdirSync(installed(''), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining([
        ...['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', 'dist/THIRD-PARTY-NOTICES.txt'],
        ...['dist/cli/main.cjs', 'dist/index.js', 'dist/index.d.ts', 'docs/svcsplit.1'],
        ...['profiles/nova.yaml', 'constraints/releases.json'],
      ]),
    )
    expect(files.filter((path) => /^(test|bench|src|fixtures)\//.test(path))).toEqual([])
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'svcsplit',
    ])
    expect(statSync(tarball).size).toBeLessThan(3 * 1024 * 1024)
    expect(run(['--version'], folder).stdout.trim()).toBe(manifest.version)
  })

  it('names the licence of every library that was taken in', () => {
    const notices = readFileSync(installed('dist/THIRD-PARTY-NOTICES.txt'), 'utf8').split(/\n-{80}\n\n/)
    // A package's name, version and licence, and below them the licence's words.
    expect(
      notices.filter((notice) => !/^\S+ \d\S*, \S+\n\n(?:By \w.*\nhttps:|[\s\S]{300})/.test(notice)),
    ).toEqual([])
    const named = notices.map((notice) => notice.split(' ')[0]!)
    const imported = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .flatMap((path) => [
        ...readFileSync(join(root, 'src', path), 'utf8').matchAll(
          /^import (?!type)[^;]*? from '(?!node:)([a-z@][^']*)'|\b(?:import|createRequire\(import\.meta\.url\))\('(?!node:)([a-z@][^']*)'\)/gm,
        ),
      ])
      .map((match) => /^(?:@[^/]+\/)?[^/]+/.exec(match[1] ?? match[2]!)![0])
    expect(imported).toEqual(expect.arrayContaining(['ajv', 'commander', 'preact', 'undici', 'yaml']))
    expect([...new Set(imported)].filter((name) => !named.includes(name))).toEqual([])
  })

  it('loads nothing that is not in it', () => {
    const code = readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.c?js$/.test(path),
    )
    const asked = code.flatMap((path) =>
      [
        ...readFileSync(installed(`dist/${path}`), 'utf8').matchAll(
          /^(?:import|export) (?:[^'"]*? from )?['"]([^'"]+)['"]|(?:\brequire|\.resolve)\(["']([^"'$]+)["']\)/gm,
        ),
      ].map(([, imported, required]) => imported ?? required!),
    )
    const own = [...new Set(asked)].filter((name) => name.startsWith('#') && name !== '#package.json')
    expect(own).toContain('#libraries/yaml.cjs')
    for (const name of own) expect(existsSync(installed(`dist/${name.slice(1)}`)), name).toBe(true)
    const foreign = new Set(asked.filter((name) => !isBuiltin(name) && !/^(?:[.#]|node:)/.test(name)))
    // Only in what ajv would write down for validators of their own.
    expect([...foreign]).toEqual(['ajv/dist/runtime/validation_error'])
  })

  it("runs the README's sessions from an empty folder, with the answers that it shows", () => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    const sessions = blocksOf(readFileSync(installed('README.md'), 'utf8'))
    expect(sessions.filter((block) => isSession(block)).length).toBeGreaterThan(2)
    for (const block of sessions) {
      if (!isSession(block)) {
        writeShown(block, empty)
        continue
      }
      const now = replay(block, (args) => {
        const { stdout, stderr, status } = run(args, empty, { COLUMNS: '110' })
        return { output: `${stdout}${stderr}`, status }
      })
      if (!shows(block, now)) expect(now).toBe(block.text)
    }
  })

  it('has completions and a man page that its own program writes', () => {
    for (const shell of ['bash', 'zsh', 'fish'])
      expect(run(['completion', shell], folder).stdout).toContain('svcsplit')
    expect(readFileSync(installed('docs/svcsplit.1'), 'utf8')).toMatch(/^\.TH SVCSPLIT 1/m)
    expect(manifest.man).toBe('docs/svcsplit.1')
  })

  it('is a library: the example of docs/api.md prints what the page says', () => {
    const [example, printed] = blocksOf(readFileSync(join(root, 'docs/api.md'), 'utf8')).filter(
      ({ language }) => language !== 'sh',
    )
    writeShown(example!, folder)
    const done = spawnSync(process.execPath, [join(folder, example!.title!)], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(done.stderr).toBe('')
    expect(done.stdout).toBe(printed!.text)
  })

  it('has types: a program of theirs compiles, and one that misuses them does not', () => {
    const compile = (source: string) => {
      writeFileSync(join(folder, 'program.mts'), source)
      const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--types', '']
      return spawnSync(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'program.mts'],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      )
    }
    const good = `import { analyze, plan, resolve, share, SvcsplitError, type AnalysisDocument } from 'svcsplit'
      const { findings }: AnalysisDocument = await analyze({ services: ['nova@2026.1'], host: '2025.1' })
      export const level: 'error' | 'warning' | 'note' = findings[0]!.level
      export const count: number | null = (await share({ services: [] })).environments.asTested.count
      export const steps = (await plan({ targets: [] })).plan.services.flatMap(({ window }) => window.map(({ id }) => id))
      export const code = (error: SvcsplitError): string => error.code
      export const isSolved = 'pins' in (await resolve({}))`
    expect(compile(good).stdout).toBe('')
    expect(compile(good.replace("host: '2025.1'", "hots: '2025.1'")).stdout).toContain(
      "'hots' does not exist",
    )
  })

  it('lets nothing but its public interface be imported', () => {
    const done = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', "import 'svcsplit/dist/index.js'"],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    expect(done.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
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
