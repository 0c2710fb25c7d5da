import { type FileOrigin, SvcsplitError } from '#errors.js'
import { loadFleet, shownPath } from '#inputs/fleet.js'
import type { RequirementLine } from '#inputs/requirement-line.js'
import { parseRequirementsFile, parseRequirementsText, readInput } from '#inputs/requirements-file.js'
import type { HttpOptions } from '#io/http.js'
import { evaluateMarker, type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { supportedTags } from '#pep/tags.js'
import type { Progress } from '#progress.js'
import { type ExplainedConflicts, explainConflicts } from '#solver/conflict.js'
import type { Facts, Needs } from '#solver/facts.js'
import { indexFacts } from '#solver/index-facts.js'
import { knownFacts } from '#solver/known-facts.js'
import { demandLine, pythonLineOf } from '#solver/lines.js'
import type { Line, PrereleaseMode, Solution, Undecided } from '#solver/problem.js'
import { createSession, type Session, solve } from '#solver/session.js'
import { finishLoading, type Task } from '#solver/task.js'
import { constraintLines, readConstraints } from './constraint-lines.js'
import type { DirectFiles } from './direct-urls.js'
import { shippedSnapshot } from './known-data.js'
import type { LazyIndex } from './open-index.js'
import { usualGlibc } from './usual-glibc.js'

export interface ResolveOptions {
  /** As on the command line: `oslo.config>=9`. */
  readonly requirements: readonly string[]
  readonly requirementsFiles: readonly string[]
  readonly constraintsFiles: readonly string[]
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly prereleases: PrereleaseMode
  /** The newest glibc that a wheel may want; that of the default base if left out. */
  readonly glibc?: string
  /** Requirements may name wheels and sdists by URL. Left out where nobody can choose it. */
  readonly allowUrls?: boolean
  /** The shipped facts are the whole universe. */
  readonly offline: boolean
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  /** The index of a run that has one open. */
  readonly index?: LazyIndex
  /** Files that were uploaded then or later do not exist: milliseconds since the epoch. */
  readonly excludeNewer?: number
  /** What asking an index may take in all, in milliseconds. Default: half an hour. */
  readonly deadlineMs?: number
  readonly progress?: Progress
}

export type ResolveResult =
  /** `urls`: where what was named by URL comes from, without logins; none where nothing was. */
  | (Solution & { readonly urls?: ReadonlyMap<DistributionName, string> })
  | Undecided
  | ({
      readonly kind: 'conflicts'
      /** Only shipped facts were asked. */
      readonly offline: boolean
    } & ExplainedConflicts)

const noExtras: ReadonlySet<string> = new Set()

/** More versions than any real question needs; what looks at more goes in circles. */
const mostVersions = 20_000

/** Milliseconds that an index gets for all its answers together. */
const longestAsking = 30 * 60 * 1000

/** One version for each distribution that the requirements need, or why there is none. */
export async function resolve(options: ResolveOptions): Promise<ResolveResult> {
  const environment = markerEnvironment(options.python, options.platform)
  const files: DirectFiles = new Map()
  const lines = await linesFor(options, environment, files)
  const { facts, load, close } = await openFacts(options, environment, files)
  const session = createSession({
    facts,
    python: environment.python_full_version,
    prereleases: options.prereleases,
    pythonLine: pythonLineOf(environment, '--python'),
  })
  try {
    const result = await finishLoading(resolution(session, lines, options.offline, files), load)
    tellWhatWasLeftOut(session, result, options.progress)
    return result
  } finally {
    await close()
  }
}

function* resolution(
  session: Session,
  lines: readonly Line[],
  offline: boolean,
  files: DirectFiles,
): Task<ResolveResult> {
  const outcome = yield* solve(session, { lines })
  if (outcome.kind === 'solution' && files.size > 0) return { ...outcome, urls: urlsOf(files) }
  if (outcome.kind !== 'unsolvable') return outcome
  return { kind: 'conflicts', offline, ...(yield* explainConflicts(session, lines)) }
}

function urlsOf(files: DirectFiles): ReadonlyMap<DistributionName, string> {
  return new Map(
    [...files].map(([name, file]) => {
      const url = new URL(file.url)
      url.username = ''
      url.password = ''
      if (file.sha256.length === 1) url.hash = `sha256=${file.sha256[0]}`
      return [name, url.href]
    }),
  )
}

async function linesFor(
  options: ResolveOptions,
  environment: MarkerEnvironment,
  files: DirectFiles,
): Promise<Line[]> {
  const lines: Line[] = []
  const constraintsFiles: { path: string; at?: FileOrigin }[] = options.constraintsFiles.map((path) => ({
    path,
  }))
  const noted = options.allowUrls === true ? (await import('./direct-urls.js')).notedDirectUrl : undefined
  const add = (requirements: readonly RequirementLine[], by: string) => {
    for (const stated of requirements) {
      const at = { ...stated.at, path: shownPath(stated.at.path) }
      const { marker, url, name } = stated.requirement
      if (marker !== undefined && !evaluateMarker(marker, environment, noExtras)) continue
      if (url !== undefined && noted === undefined)
        throw new SvcsplitError('E-REQ-URL', `${name} is demanded from a direct URL`, {
          at,
          hint:
            options.allowUrls === undefined
              ? 'write NAME==VERSION'
              : 'write NAME==VERSION, or allow files that are named by URL: --allow-urls',
        })
      if (url !== undefined && options.excludeNewer !== undefined)
        throw new SvcsplitError('E-REQ-URL', `nobody says when the file of ${name} was uploaded`, {
          at,
          hint: 'write NAME==VERSION, or leave --exclude-newer away',
        })
      const { requirement, text } = noted?.({ ...stated, at }, files) ?? stated
      const shown = text.replace(/\s*;.*$/s, '')
      lines.push(...demandLine({ requirement, at }, by, environment, { text: shown }))
    }
  }
  for (const text of options.requirements) {
    const { requirements, includes } = parseRequirementsText(text, 'command line')
    const [include] = includes
    if (include !== undefined)
      throw new SvcsplitError('E-CLI-USAGE', `${include.path} is given as a requirement`)
    add(requirements, 'command line')
  }
  for (const path of options.requirementsFiles) {
    const { requirements, includes } = await parseRequirementsFile(path)
    add(requirements, shownPath(path))
    constraintsFiles.push(...includes)
  }
  if (lines.length === 0 && options.requirements.length + options.requirementsFiles.length === 0) {
    throw new SvcsplitError('E-CLI-USAGE', 'there is nothing to resolve', {
      hint: 'name requirements, or a file of them with -r',
    })
  }
  for (const { path, at } of constraintsFiles) {
    const { constraints } = await readConstraints(path, (file) => readInput(file, at))
    lines.push(...constraintLines(constraints, 'constraint', environment))
  }
  return [...new Map(lines.map((line) => [line.key, line])).values()]
}

interface OpenFacts {
  readonly facts: Facts
  load(needs: Needs): Promise<void>
  close(): Promise<void>
}

async function openFacts(
  options: ResolveOptions,
  environment: MarkerEnvironment,
  files: DirectFiles,
): Promise<OpenFacts> {
  const { python, platform, glibc = usualGlibc, excludeNewer, progress } = options
  const { index, indexUrl, extraIndexUrls } = options
  if (options.offline) {
    const facts = await withFiles(
      knownFacts(shippedSnapshot(loadFleet(), excludeNewer), environment),
      files,
      environment,
      { offline: true },
    )
    return { facts, load: async () => undefined, close: async () => undefined }
  }
  // Loaded only here: an offline answer should not wait for a network library to start.
  const { openIndexSource } = await import('./index-source.js')
  const source = openIndexSource({
    ...(index === undefined ? {} : { index }),
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(extraIndexUrls === undefined ? {} : { extraIndexUrls }),
    ...(excludeNewer === undefined ? {} : { excludeNewer }),
    ...(progress === undefined ? {} : { progress }),
  })
  const longest = options.deadlineMs ?? longestAsking
  const deadline = performance.now() + longest
  const asked = indexFacts(source, environment, supportedTags({ python, platform, glibc }))
  const { load, loaded } = asked
  return {
    facts: await withFiles(asked.facts, files, environment, progress === undefined ? {} : { progress }),
    async load(needs) {
      progress?.step?.('asking the package index', loaded())
      await beforeDeadline(load(needs), deadline, longest)
      if (loaded() > mostVersions) {
        throw new SvcsplitError('E-CAT-MISSING', `not decided after looking at ${mostVersions} versions`, {
          hint: 'bound the requirements more tightly',
        })
      }
    },
    close: () => source.close(),
  }
}

/** Files that are named by URL are read before the search: they are few. */
async function withFiles(
  facts: Facts,
  files: DirectFiles,
  environment: MarkerEnvironment,
  options: HttpOptions,
): Promise<Facts> {
  if (files.size === 0) return facts
  const [{ openHttp }, { withDirectFiles }] = await Promise.all([
    import('#io/http.js'),
    import('./direct-urls.js'),
  ])
  const http = openHttp(options)
  try {
    return await withDirectFiles(facts, files, http, environment)
  } finally {
    await http.close()
  }
}

/** Each request has its own deadline; but ten thousand slow ones, one after the other, would take days. */
async function beforeDeadline(work: Promise<void>, deadline: number, longest: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the package index did not tell all that was needed within ${longest / 1000} s`
      reject(new SvcsplitError('E-NET-TIMEOUT', message, { hint: 'what it did tell is kept: try again' }))
    }, deadline - performance.now())
  })
  try {
    await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A version that was passed over because its facts cannot be used is said, even where the answer does without it;
 * and so is an extra that the chosen version does not have, which pip warns of too.
 */
function tellWhatWasLeftOut(
  { universe }: Session,
  result: ResolveResult,
  progress: Progress | undefined,
): void {
  if (result.kind !== 'solution') return
  for (const { text, name, trouble } of universe.gaps) {
    if (text !== name) progress?.warn?.(`${text} was left out: ${trouble}`)
  }
  for (const [name, wanted] of result.extras) {
    const version = result.pins.get(name)!
    const provided = universe.facts.release(name, version)?.extras ?? []
    for (const extra of wanted) {
      if (provided.includes(extra)) continue
      const others = provided.length === 0 ? 'it has none' : `it has ${provided.join(', ')}`
      progress?.warn?.(`${name} ${version} has no extra "${extra}": ${others}`)
    }
  }
}
