import { SvcsplitError } from '#errors.js'
import { readText, statusOf } from '#io/files.js'
import { writeOutput } from '#io/write-files.js'
import { beginning, mark, type Progress, samePlan, taken, type WayBack, wayBack } from '#upgrade/progress.js'
import { parseProgress } from '#upgrade/progress-file.js'
import { type PlanRequest, plan } from './plan.js'

export interface ProgressRequest extends PlanRequest {
  readonly state?: string
  /** Steps to be recorded, in this order. */
  readonly done: readonly string[]
  readonly failed: readonly string[]
  /** Services that run their old release again. */
  readonly undone: readonly string[]
}

async function read(path: string): Promise<Progress> {
  return parseProgress(await readText(path), path)
}

/** The plan, as recorded if it was begun. @throws E-PLN-*, and what `plan` throws */
export async function progressOf(request: ProgressRequest): Promise<Progress> {
  const { state, targets, done, failed, undone } = request
  const marks = done.length + failed.length + undone.length > 0
  if (state === undefined) {
    if (marks)
      throw new SvcsplitError('E-CLI-USAGE', '--done, --failed and --undone need --state FILE', {
        hint: 'progress is recorded in a file',
      })
    if (targets.length === 0)
      throw new SvcsplitError('E-CLI-USAGE', 'what is wanted is not said', {
        hint: 'such as svcsplit plan nova@2026.1 --from 2025.1',
      })
    return beginning(await plan(request))
  }
  const before = (await statusOf(state)) === undefined ? undefined : await read(state)
  if (before === undefined && targets.length === 0)
    throw new SvcsplitError('E-PLN-STATE', `there is no record ${state}`, {
      hint: 'name what is wanted, to begin one: svcsplit plan nova@2026.1 --from 2025.1 --state FILE',
    })
  const wanted = targets.length === 0 ? undefined : await plan(request)
  if (
    before !== undefined &&
    wanted !== undefined &&
    !samePlan(before.plan, wanted) &&
    before.steps.length > 0
  )
    throw new SvcsplitError('E-PLN-STATE', `${state} has the record of another plan, which was begun`, {
      hint: 'leave the services out to go on with it, or name another file',
    })
  let progress =
    before !== undefined && (wanted === undefined || before.steps.length > 0) ? before : beginning(wanted!)
  for (const step of done) progress = mark(progress, step, 'done')
  for (const step of failed) progress = mark(progress, step, 'failed')
  for (const service of undone) progress = taken(progress, service)
  if (progress !== before) await writeOutput(state, `${JSON.stringify(progress, null, 1)}\n`)
  return progress
}

/** The way back from where a recorded plan stands: no network, index or fleet file is needed. @throws E-PLN-* */
export async function fallback(request: {
  readonly state: string
  readonly service?: string
  readonly restore?: boolean
}): Promise<WayBack> {
  const { state, ...options } = request
  return wayBack(await read(state), options)
}
