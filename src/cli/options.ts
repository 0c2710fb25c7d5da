import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Progress } from '#progress.js'
import { usualGlibc } from '#verbs/usual-glibc.js'
import { parseMoment } from './moment.js'
import { progressTo } from './progress.js'

/** Options of the whole program, as every command sees them. */
export interface GlobalOptions {
  readonly debug?: boolean
  readonly quiet?: boolean
  readonly progress: boolean
  readonly color: 'auto' | 'always' | 'never'
}

export interface TargetOptions {
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
}

export interface IndexOptions {
  readonly indexUrl?: string
  readonly extraIndexUrl?: readonly string[]
  readonly offline?: boolean
}

function parsePython(text: string): string {
  if (!/^3\.\d{1,2}(\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('write 3.11 or 3.11.4.')
  return text
}

export function parseJobs(text: string): number {
  const jobs = Number(text)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64)
    throw new InvalidArgumentError('write a number from 1 to 64.')
  return jobs
}

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

function parseGlibc(text: string): string {
  if (!/^2\.\d{1,3}$/.test(text)) throw new InvalidArgumentError(`write ${usualGlibc}.`)
  return text
}

export function glibcOption(): Option {
  return new Option('--glibc <version>', 'newest glibc that a wheel may want')
    .default(usualGlibc)
    .argParser(parseGlibc)
}

/** `--python` and `--platform`. */
export function addTargetOptions(command: Command): Command {
  return command
    .addOption(new Option('--python <version>', 'Python version').default('3.11').argParser(parsePython))
    .addOption(
      new Option('--platform <platform>', 'platform')
        .choices(['linux/amd64', 'linux/arm64'])
        .default('linux/amd64'),
    )
}

/** `--code`, of commands that hold code against libraries. */
export function codeOption(): Option {
  return new Option(
    '--code <kinds>',
    'what of the code is held against the libraries: all, none, or some of module,name,attribute,member,keyword,option',
  )
}

/** `--index-url`, `--extra-index-url` and `--offline`. */
export function addIndexOptions(command: Command): Command {
  return command
    .option('--index-url <url>', "package index (default: pip's configuration, else pip's own default)")
    .addOption(
      new Option('--extra-index-url <url>', 'a further package index (repeatable)').argParser(collect),
    )
    .option('--offline', 'never touch the network')
}

/** `--exclude-newer`, of commands that choose versions or files. */
export function excludeNewerOption(): Option {
  return new Option(
    '--exclude-newer <moment>',
    'leave out files uploaded since a day (2026-01-31), a time with its zone, or within days (P7D)',
  ).argParser((text: string) => {
    const moment = parseMoment(text, new Date())
    if (moment === undefined)
      throw new InvalidArgumentError('write 2026-01-31, 2026-01-31T12:00:00Z, or P7D for seven days ago.')
    return moment
  })
}

/** Progress on stderr as the global options want it. Call `end` when the command is done. */
export function progressFor(command: Command): Progress & { end(): void } {
  const options = command.optsWithGlobals<GlobalOptions>()
  const quiet = options.quiet === true || !options.progress
  return progressTo(process.stderr, { quiet, live: process.stderr.isTTY === true })
}

/** What a verb that may ask an index wants to know. */
export async function indexRequest(flags: IndexOptions): Promise<{
  readonly cacheDir: string
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  readonly offline?: boolean
}> {
  const { cacheDir } = await import('#io/cache-dir.js')
  const { indexUrl, extraIndexUrl, offline } = flags
  return {
    cacheDir: cacheDir(),
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(extraIndexUrl === undefined ? {} : { extraIndexUrls: extraIndexUrl }),
    ...(offline === undefined ? {} : { offline }),
  }
}
