import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { SvcsplitError, visible } from '#errors.js'
import { type Engine, type EngineJob, engines, engineWorks, runIn } from './engines.js'
import type { FoundEnvironment } from './environment.js'
import type { Report } from './finding.js'
import type { ScannedImage } from './scan.js'
import { type Answer, answerIn } from './start-answer.js'
import { startDriver } from './start-driver.js'
import { programPath, type Tree } from './tree.js'

/** What a service is started by. */
export interface StartedProcess {
  readonly name: string
  readonly command: readonly string[]
  /** `module:name`, or `module:name()` */
  readonly wsgi?: string
}

interface StartPlan {
  /** `module`, `attribute`, what it is, and whether the image is unfit without it. */
  readonly shared: readonly ImportTarget[]
  readonly alone: readonly ImportTarget[]
  /** Names of programs to ask for their version. */
  readonly commands: readonly string[]
}

interface ImportTarget {
  readonly module: string
  readonly attribute: string
  /** `the command glance-api of glance`, for messages. */
  readonly what: string
  /** Whether a process of the service is started by it. */
  readonly needed: boolean
  /** In the image, for findings. */
  readonly path?: string
}

export interface StartSummary {
  /** The engine that ran it, or none if nothing was run. */
  readonly engine: Engine | 'none'
  /** Why nothing was run. */
  readonly reason?: string
  readonly scripts: number
  readonly modules: number
  readonly commands: number
  /** What loads, and then ends because it was given no configuration: one line each. */
  readonly unconfigured: readonly string[]
}

/** Bounds of one import or one start, and of all together: a machine may be busy, and an emulator is slow. */
const bounds = {
  own: { seconds: 180, wholeMs: 30 * 60_000 },
  emulated: { seconds: 900, wholeMs: 120 * 60_000 },
} as const
const maxAnswer = 8 * 1024 ** 2

/**
 * What to start: all scripts of entry points, the WSGI modules of the processes, modules that come from the base, and
 * the programs of the processes. The service's own and those that processes name are imported alone, the others together.
 */
export function startPlan(
  environment: FoundEnvironment,
  root: string | undefined,
  processes: readonly StartedProcess[],
  cmd: readonly string[],
  bin: string,
): StartPlan {
  const started = new Set(
    [...processes.map(({ command }) => command[0]), cmd[0]].filter((name) => name !== undefined),
  )
  const shared: ImportTarget[] = []
  const alone: ImportTarget[] = []
  for (const { name, scripts } of environment.distributions) {
    for (const { name: script, module, attribute } of scripts) {
      const needed = started.has(script) || started.has(`/${bin}/${script}`)
      const target = {
        module,
        attribute,
        what: `the command ${script} of ${name}`,
        needed,
        path: `${bin}/${script}`,
      }
      if (needed || name === root) alone.push(target)
      else shared.push(target)
    }
  }
  const served = new Set(processes.flatMap(({ wsgi }) => wsgi ?? []))
  for (const wsgi of served) {
    // What makes the application is only there to be found: it wants a configuration.
    const [module = '', attribute = ''] = wsgi.replace(/\(\)$/, '').split(':')
    alone.push({ module, attribute, what: `the WSGI application ${wsgi}`, needed: true })
  }
  for (const module of environment.systemModules)
    shared.push({ module, attribute: '', what: `the module ${module} of the base`, needed: false })
  return { shared, alone, commands: [...started] }
}

/** Each process has the program that it is started by. */
function checkPrograms(image: ScannedImage, plan: StartPlan, report: Report): readonly string[] {
  const path = variable(image, 'PATH') ?? '/usr/local/bin:/usr/bin:/bin'
  return plan.commands.filter((command) => {
    const found = programPath(image.tree, command, path)
    if (found === undefined)
      report('start', 'error', `the program ${command} of a process is not in the image`)
    return found !== undefined
  })
}

export interface StartOptions {
  readonly image: ScannedImage
  readonly environment: FoundEnvironment
  readonly plan: StartPlan
  /** One engine, or any that works. */
  readonly engine: Engine | 'auto'
  /** The unpacked image. */
  readonly root: string
  readonly work: string
  readonly user: { readonly uid: number; readonly gid: number }
}

/**
 * Starts what the plan says in the image's own Python.
 * @throws SvcsplitError E-EXE-* if the engine that was asked for does not work
 */
export async function checkStart(options: StartOptions, report: Report): Promise<StartSummary> {
  const { image, environment, plan, user } = options
  const counts = {
    scripts: [...plan.shared, ...plan.alone].filter(({ path }) => path !== undefined).length,
    modules: plan.alone.filter(({ path }) => path === undefined).length,
  }
  const commands = checkPrograms(image, plan, report)
  const mark = randomBytes(16).toString('hex')
  const { seconds, wholeMs } = bounds[isOfThisMachine(image) ? 'own' : 'emulated']
  const pair = ({ module, attribute }: ImportTarget) => [module, attribute === '' ? null : attribute]
  const job: EngineJob = {
    root: options.root,
    work: options.work,
    image: { layout: image.dir, digest: image.digest },
    // A service never needs root to be imported.
    user: user.uid === 0 ? { uid: 65534, gid: 65534 } : user,
    environment: startEnvironment(image),
    command: [`/${image.prefix}/bin/python${environment.python}`, '-c', startDriver],
    input: JSON.stringify({
      mark,
      bin: `/${image.prefix}/bin`,
      seconds,
      atOnce: Math.min(4, availableParallelism()),
      shared: plan.shared.map(pair),
      alone: plan.alone.map(pair),
      commands,
    }),
    timeoutMs: wholeMs,
    maxOutput: maxAnswer,
  }
  const failures: string[] = []
  for (const engine of options.engine === 'auto' ? engines : [options.engine]) {
    let answer: Answer | undefined
    try {
      answer = answerIn(await runIn(engine, job), mark)
      if (answer === undefined)
        throw new SvcsplitError('E-EXE-FAILED', `${engine} gave no answer of the image`)
    } catch (error) {
      if (!(error instanceof SvcsplitError) || !error.code.startsWith('E-EXE-') || options.engine !== 'auto')
        throw error
      const why = visible(error.message.split('\n').at(-1)!)
      if (error.code === 'E-EXE-FAILED' && isOfThisMachine(image) && (await engineWorks(engine))) {
        report('start', 'error', `the Python of the image does not run: ${why}`)
        return { engine, ...counts, commands: commands.length, unconfigured: [] }
      }
      failures.push(`${engine}: ${why}`)
      continue
    }
    const unconfigured = judgeImports(image.tree, environment, plan, answer, report)
    judgeStarts(commands, answer, report)
    return { engine, ...counts, commands: commands.length, unconfigured }
  }
  const reason = `nothing can run the image here (${failures.join('; ')})`
  report('start', 'warning', `${reason}: its commands were not started`)
  return { engine: 'none', reason, ...counts, commands: commands.length, unconfigured: [] }
}

/** Images for other processors run where an emulator is installed; that there is none is not their fault. */
function isOfThisMachine({ config }: ScannedImage): boolean {
  return config.architecture === (process.arch === 'x64' ? 'amd64' : process.arch)
}

/** What the image sets, and nothing of this machine. */
function startEnvironment(image: ScannedImage): readonly string[] {
  const lines = (image.config.config?.Env ?? []).filter((line) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(line))
  const has = (name: string): boolean => lines.some((line) => line.startsWith(`${name}=`))
  return [...lines, ...(has('HOME') ? [] : ['HOME=/']), ...(has('LC_ALL') ? [] : ['LC_ALL=C.UTF-8'])]
}

function variable(image: ScannedImage, name: string): string | undefined {
  return image.config.config?.Env?.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
}

function judgeImports(
  tree: Tree,
  environment: FoundEnvironment,
  plan: StartPlan,
  answer: Answer,
  report: Report,
): readonly string[] {
  const unconfigured: string[] = []
  for (const [index, target] of [...plan.shared, ...plan.alone].entries()) {
    const failure = answer.imports[index]
    if (failure === null) continue
    const { what, needed, path, module, attribute } = target
    if (failure === undefined) {
      report('start', 'error', `${what} was not imported`, path)
      continue
    }
    const missing = failure.missing ?? ''
    const outside =
      missing !== '' && !failure.standard && !isProvided(tree, environment.sitePackages, missing)
    const told = `from ${module} import ${attribute || '*'}: ${failure.type}: ${failure.message}`
    if (environment.systemModules.includes(module) && missing === module)
      report(
        'start',
        'warning',
        `${what} is not there: the base lacks the package, or it is made for another Python`,
      )
    else if (outside && !needed)
      report('start', 'warning', `${what} wants ${missing}, which no distribution of the lock has`, path)
    else if (index < plan.shared.length && isBrokenAsPublished(failure, module))
      report('start', 'warning', `${what} is broken as it was published: ${told}`, path)
    else if (path === undefined && missing === '' && wantsConfiguration.test(failure.type))
      unconfigured.push(visible(`${what}: ${failure.message}`, 500))
    else report('start', 'error', `${what} does not load: ${told}`, path)
  }
  return unconfigured
}

/**
 * How WSGI modules end that set up their application when they are imported, as those of keystone and nova do:
 * all their code is loaded by then, and keys, configuration, a database or, for cinder's, a coordinator are for a
 * deployment to give.
 */
const wantsConfiguration =
  /^(?:builtins\.(?:SystemExit|FileNotFoundError|PermissionError)|oslo_config\..*|oslo_db\..*|tooz\.coordination\..*)$/

/** A script of a library that asks its own distribution for a name which that does not have: no image could mend it. */
export function isBrokenAsPublished(
  { type, message }: { readonly type: string; readonly message: string },
  module: string,
): boolean {
  const from = /^cannot import name '[^']*' from '([\w.]+)'/.exec(message)?.[1]
  return type === 'builtins.ImportError' && from?.split('.')[0] === module.split('.')[0]
}

/** Whether a distribution of the environment has this module, or the package that should hold it. */
function isProvided(tree: Tree, sitePackages: string, module: string): boolean {
  const parts = module.split('.')
  return parts.some((_, index) => {
    const path = `${sitePackages}/${parts.slice(0, index + 1).join('/')}`
    // A folder without __init__.py is a namespace: having it says nothing of the module wanted.
    return tree.has(`${path}.py`) || tree.has(`${path}/__init__.py`)
  })
}

function judgeStarts(commands: readonly string[], answer: Answer, report: Report): void {
  for (const [index, command] of commands.entries()) {
    const told = answer.starts[index] ?? []
    if (told.some(({ code }) => code === 0)) continue
    const last = told.at(-1)
    const words = last?.words.trim().split('\n').at(-1) ?? ''
    const crashed = told.some(
      ({ code, words }) => (code !== null && code < 0) || words.includes('Traceback (most recent call last)'),
    )
    report(
      'start',
      crashed ? 'error' : 'warning',
      `${command} answers neither --version nor --help (exit ${last?.code ?? 'none'}): ${words}`,
    )
  }
}
