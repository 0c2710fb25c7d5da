import { SvcsplitError } from '#errors.js'
import { nearestNames } from '#inputs/nearest-name.js'
import { type Plan, type ServicePlan, type Step, stepsOf, undoSeconds } from './plan.js'

/** What became of a step that was started. */
export interface StepRecord {
  readonly step: string
  readonly result: 'done' | 'failed'
}

/** A plan and how far it has come: all that is needed to go on or back, without network, index or fleet file. */
export interface Progress {
  readonly format: 'svcsplit progress 1'
  readonly plan: Plan
  /** In the order in which they were marked. */
  readonly steps: readonly StepRecord[]
}

export function beginning(plan: Plan): Progress {
  return { format: 'svcsplit progress 1', plan, steps: [] }
}

function find(progress: Progress, id: string): { readonly service: ServicePlan; readonly step: Step } {
  for (const service of progress.plan.services)
    for (const step of stepsOf(service)) if (step.id === id) return { service, step }
  const known = progress.plan.services.flatMap((service) => stepsOf(service).map((step) => step.id))
  const near = nearestNames(id, known)
  throw new SvcsplitError('E-PLN-STATE', `the plan has no step ${JSON.stringify(id)}`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'svcsplit plan --state FILE lists them',
  })
}

const resultOf = (progress: Progress, id: string): StepRecord['result'] | undefined =>
  progress.steps.findLast(({ step }) => step === id)?.result

/**
 * Marks a step.
 * @throws E-PLN-STATE for a step that is not in the plan, or whose turn has not come
 */
export function mark(progress: Progress, id: string, result: StepRecord['result']): Progress {
  const { service, step } = find(progress, id)
  const before = stepsOf(service)
  const missing = before
    .slice(0, before.indexOf(step))
    .find((one) => one.optional === undefined && resultOf(progress, one.id) !== 'done')
  if (missing !== undefined)
    throw new SvcsplitError('E-PLN-STATE', `${missing.id} comes before ${id} and is not done`, {
      hint: `do it, then mark it: --done ${missing.id}`,
    })
  return {
    ...progress,
    steps: [...progress.steps.filter((one) => one.step !== id), { step: id, result }],
  }
}

/** The service runs its old release again: its window is still to come. What was done ahead of it stays done. */
export function taken(progress: Progress, service: string): Progress {
  const plan = planOf(progress, service)
  const ahead = new Set(plan.ahead.map(({ id }) => id))
  const own = new Set(stepsOf(plan).map(({ id }) => id))
  return { ...progress, steps: progress.steps.filter(({ step }) => !own.has(step) || ahead.has(step)) }
}

function planOf(progress: Progress, service: string): ServicePlan {
  const found = progress.plan.services.find((one) => one.service === service)
  if (found === undefined)
    throw new SvcsplitError('E-PLN-STATE', `${service} does not move in this plan`, {
      hint: `it moves ${progress.plan.services.map((one) => one.service).join(', ')}`,
    })
  return found
}

/** Steps that are still to be done, in their order; one that failed is among them. */
export function remaining(progress: Progress): readonly Step[] {
  const done = new Set(progress.steps.flatMap(({ step, result }) => (result === 'done' ? [step] : [])))
  return progress.plan.services.flatMap((service) => stepsOf(service).filter(({ id }) => !done.has(id)))
}

/** The service whose steps were marked last. */
function current(progress: Progress): string | undefined {
  const last = progress.steps.at(-1)
  return last === undefined ? undefined : find(progress, last.step).step.service
}

/** A way back to the release that ran before. */
export interface WayBack {
  readonly kind: 'back'
  readonly service: string
  readonly from: string
  readonly to: string
  /** `undo`: as if nothing had been; `restore`: with the database as it was dumped. */
  readonly by: 'undo' | 'restore'
  /** In their order; none where nothing that runs was touched. */
  readonly steps: readonly Step[]
}

/** Steps that were started, in the order of the plan; one that failed may have done its work, or half of it. */
function started(progress: Progress, plan: ServicePlan): readonly Step[] {
  return stepsOf(plan).filter(({ id }) => resultOf(progress, id) !== undefined)
}

/**
 * The shortest way back from where a plan stands: what was done is undone in reverse, by the images that ran
 * before. Nothing is built.
 * @throws E-PLN-RETURN after the point of no return, unless the database may be restored
 */
export function wayBack(
  progress: Progress,
  options: { readonly service?: string; readonly restore?: boolean } = {},
): WayBack {
  const service = options.service ?? current(progress)
  if (service === undefined)
    throw new SvcsplitError(
      'E-PLN-STATE',
      'no step of this plan has been marked as done: nothing is to be undone',
      {
        hint: 'mark steps as they are done: --done STEP',
      },
    )
  const plan = planOf(progress, service)
  const begun = started(progress, plan)
  const final = begun.find((step) => step.final !== undefined)
  const common = { kind: 'back' as const, service, from: plan.to, to: plan.from }
  if (final !== undefined) {
    if (options.restore === true) return { ...common, by: 'restore', steps: plan.restore }
    const dump = stepsOf(plan).find(({ phase }) => phase === 'backup')
    throw new SvcsplitError(
      'E-PLN-RETURN',
      `${service} is past its point of no return: ${final.id} ${final.final}`,
      {
        hint:
          plan.restore.length === 0
            ? 'go forward: svcsplit plan --state FILE'
            : `go forward, or give up what was written since ${dump?.id ?? 'the dump'} and restore it: add --restore-database`,
      },
    )
  }
  const steps = begun
    .filter(({ undo }) => undo.commands.length > 0)
    .toReversed()
    .map(
      (step): Step => ({
        id: `${step.id}/undo`,
        service,
        phase: step.phase,
        title: step.undo.means,
        ...(step.host === undefined ? {} : { host: step.host }),
        commands: step.undo.commands,
        answers: [{ code: 0, do: 'go on', means: 'done' }],
        seconds: undoSeconds(step),
        limit: step.limit,
        undo: { means: 'go forward again by the plan', commands: [] },
      }),
    )
  return { ...common, by: 'undo', steps }
}

/** Whether two plans are one: then progress of one counts for the other. */
export function samePlan(one: Plan, other: Plan): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
