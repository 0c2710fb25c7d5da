/**
 * svcsplit as a library: the questions of the command line, each a function from plain data to plain data. What they
 * answer is what the command writes with `-o json`, so `svcsplit schema analysis` and `svcsplit schema plan` describe it,
 * and later versions 1.x add keys and take none away.
 *
 * Everything is read from the shipped facts, and from the user's own where `SVCSPLIT_DATA_DIR` names some. Only
 * requirements that those do not know are asked of a package index, and never with `offline`. Nothing is printed and
 * nothing is written but the cache.
 *
 * Every function is rejected with a `SvcsplitError` where its input is wrong: `code` is one of docs/cli.md's classes,
 * `at` the place and `hint` what to do. A collision or a conflict is an answer and never an error.
 */

import { SvcsplitError } from './errors.js'
import type { ResultDocument } from './report/html/result-document.js'
import { analysisDocument } from './report/json.js'
import { type PlanDocument, planDocument } from './report/plan-json.js'
import { type ResolveDocument, resolveDocument } from './report/resolve-text.js'
import { type ShareDocument, shareDocument } from './report/share-json.js'
import { analyze as analyzeServices } from './verbs/analyze.js'
import { plan as planUpgrade } from './verbs/plan.js'
import { resolve as resolveRequirements } from './verbs/resolve.js'
import { share as shareServices } from './verbs/share.js'
import { usualGlibc } from './verbs/usual-glibc.js'

export type { ErrorCode, Origin } from './errors.js'
export type { ConflictDocument } from './report/conflict-json.js'
export type {
  CellDocument,
  FindingDocument,
  FixDocument,
  RadiusDocument,
  ResultDocument as AnalysisDocument,
} from './report/html/result-document.js'
export type { PlanDocument } from './report/plan-json.js'
export type { ResolveDocument } from './report/resolve-text.js'
export type { PartitionDocument, ShareDocument } from './report/share-json.js'
export type { Plan, Step } from './upgrade/plan.js'
export { SvcsplitError }

/** The environment that is asked about. */
export interface Target {
  /** `3.11` or `3.11.4`. Default: `3.11`. */
  readonly python?: string
  /** Default: `linux/amd64`. */
  readonly platform?: 'linux/amd64' | 'linux/arm64'
}

/** Where facts come from that are not shipped. */
export interface Index {
  /** Never touch the network. Default: false. */
  readonly offline?: boolean
  /** Default: pip's configuration. */
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
}

export interface AnalyzeRequest extends Target, Index {
  /** `nova@2026.1`, or `nova` for its newest release. Default: every service release that is known. */
  readonly services?: readonly string[]
  /** The release whose pins the host has. Default: every release. */
  readonly host?: string
  /** Paths of constraints files, all of which hold, in place of `host`. */
  readonly constraints?: readonly string[]
  /** Path of a requirements file: one service of your own, in place of `services`. */
  readonly requirements?: string
  /** Path of a profile, in place of the shipped one of its service. */
  readonly profile?: string
  /** The fewest pins to move for every cell; one host and named services have it in any case. */
  readonly radius?: boolean
}

/**
 * May these service releases run on these hosts as they are, and if not, what would have to move, and whom does that
 * disturb?
 *
 * @example
 * const { findings } = await analyze({ services: ['nova@2026.1'], host: '2025.1' })
 */
export async function analyze(request: AnalyzeRequest = {}): Promise<ResultDocument> {
  const { services = [], offline = false, indexUrl, extraIndexUrls, ...rest } = request
  const index = {
    offline,
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(extraIndexUrls === undefined ? {} : { extraIndexUrls }),
  }
  return analysisDocument(await analyzeServices({ ...rest, ...targetOf(request), services, index }))
}

export interface ShareRequest extends Target {
  /** `nova@2026.1`, or `nova` for its newest release. */
  readonly services: readonly string[]
  /** Paths of constraints files that hold for all of them. */
  readonly constraints?: readonly string[]
}

/** May these service releases share one environment, if not why not, and how few environments do they need? */
export async function share(request: ShareRequest): Promise<ShareDocument> {
  const { services = [] } = request
  return shareDocument(await shareServices({ ...request, ...targetOf(request), services }))
}

export interface ResolveRequest extends Target, Index {
  /** `oslo.config>=9`, `keystone[ldap]`. */
  readonly requirements?: readonly string[]
  /** Paths. */
  readonly requirementsFiles?: readonly string[]
  /** Paths. */
  readonly constraintsFiles?: readonly string[]
  /** Which pre-releases may be chosen. Default: `pip`, as pip does. */
  readonly prereleases?: 'pip' | 'allow' | 'disallow' | 'explicit'
}

/** One version for each distribution that requirements need, or every independent conflict that keeps them apart. */
export async function resolve(request: ResolveRequest): Promise<ResolveDocument> {
  const {
    requirements = [],
    requirementsFiles = [],
    constraintsFiles = [],
    prereleases = 'pip',
    offline = false,
    ...rest
  } = request
  return resolveDocument(
    await resolveRequirements({
      ...rest,
      ...targetOf(request),
      requirements,
      requirementsFiles,
      constraintsFiles,
      prereleases: oneOf('way with pre-releases', prereleases, prereleaseModes),
      offline,
    }),
  )
}

export interface PlanRequest {
  /** What is wanted: `nova@2026.1`. */
  readonly targets: readonly string[]
  /** Path of a fleet file: what runs now. */
  readonly fleet?: string
  /** In its place: every service runs this release, each from its image. */
  readonly from?: string
  /** Where images are: `registry.example/cloud/{service}:{release}`. Default: what the fleet file says. */
  readonly images?: string
  /** Seconds of one maintenance window. */
  readonly window?: number
  /** Ask no registry for digests. Default: false. */
  readonly offline?: boolean
}

/** The steps of upgrading services one at a time, with windows, points of no return and the way back. */
export async function plan(request: PlanRequest): Promise<PlanDocument> {
  const { targets = [] } = request
  return planDocument(await planUpgrade({ ...request, targets, glibc: usualGlibc }))
}

const platforms = ['linux/amd64', 'linux/arm64'] as const
const prereleaseModes = ['pip', 'allow', 'disallow', 'explicit'] as const

/** The environment that is asked about, with what is usual where nothing is said. @throws E-CLI-USAGE */
function targetOf({ python = '3.11', platform = 'linux/amd64' }: Target) {
  if (!/^3\.\d{1,2}(\.\d{1,3})?$/.test(python))
    throw new SvcsplitError('E-CLI-USAGE', `there is no Python ${JSON.stringify(python)}`, {
      hint: 'write 3.11 or 3.11.4',
    })
  return { python, platform: oneOf('platform', platform, platforms) }
}

/** Programs without types can say anything. @throws E-CLI-USAGE */
function oneOf<T extends string>(what: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value
  throw new SvcsplitError('E-CLI-USAGE', `there is no ${what} ${JSON.stringify(value)}`, {
    hint: `known are ${known.join(', ')}`,
  })
}
