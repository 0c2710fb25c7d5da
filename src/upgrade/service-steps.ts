import type { Answer, UpgradeStep } from '#inputs/upgrade-steps.js'
import { dumpSteps, restoreSteps } from './database-steps.js'
import { type Draft, type ServiceParts, untouchedBefore, usual } from './drafts.js'
import { type Engine, engineOf } from './engine.js'
import type { Phase, ServicePlan, Step } from './plan.js'
import { profileSteps } from './profile-steps.js'
import { replaceSteps, retireSteps } from './replace-steps.js'
import { unpinSteps } from './setting-steps.js'
import { stopSteps } from './stop-steps.js'

const succeeds: readonly Answer[] = [{ code: 0, do: 'go on', means: 'done' }]

/** Bytes a second that a registry is taken to give. */
const pullRate = 20_000_000

function number(service: string, drafts: readonly Draft[], counts: Map<Phase, number>): readonly Step[] {
  return drafts.map((draft) => {
    const { phase } = draft
    const count = (counts.get(phase) ?? 0) + 1
    counts.set(phase, count)
    return {
      ...usual[phase],
      answers: succeeds,
      ...draft,
      service,
      id: `${service}/${draft.id ?? `${phase}-${count}`}`,
    }
  })
}

function pullSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const { containers, after, pull } = parts
  // What is in the store of the machine alone is in no registry.
  if (after.reference.startsWith('localhost/')) return []
  const hosts = [...new Set(containers.map(({ host }) => host))]
  return hosts.map((host) => ({
    phase: 'pull',
    title: 'pull the new image',
    ...(host === undefined ? {} : { host }),
    image: after.reference,
    seconds: Math.max(10, Math.ceil(pull.bytes / pullRate)),
    commands: [engine.pull(after.reference, usual.pull.limit)],
    undo: { means: untouchedBefore, commands: [] },
  }))
}

/** All steps of one service: before the window, in it, after it, and the way out after the point of no return. */
export function serviceSteps(
  parts: ServiceParts,
): Pick<ServicePlan, 'ahead' | 'window' | 'later' | 'restore'> {
  const { running, upgrade } = parts
  const engine = engineOf(parts.fleet)
  const cold = upgrade.restart === 'cold'
  const steps = (stage: UpgradeStep['stage']): readonly Draft[] => profileSteps(parts, engine, stage)
  const drafts = {
    ahead: [...pullSteps(parts, engine), ...steps('check'), ...(cold ? [] : dumpSteps(parts, engine, false))],
    window: cold
      ? [
          ...steps('pin'),
          ...stopSteps(parts, engine),
          ...dumpSteps(parts, engine, true),
          ...steps('expand'),
          ...replaceSteps(parts, engine, true),
          ...steps('verify'),
        ]
      : [
          ...steps('pin'),
          ...steps('expand'),
          ...(running.on === undefined ? [] : stopSteps(parts, engine)),
          ...replaceSteps(parts, engine, false),
          ...steps('verify'),
        ],
    later: [...retireSteps(parts, engine), ...unpinSteps(parts), ...steps('migrate'), ...steps('contract')],
    restore: restoreSteps(parts, engine),
  }
  const counts = new Map<Phase, number>()
  const { service } = running
  return {
    ahead: number(service, drafts.ahead, counts),
    window: number(service, drafts.window, counts),
    later: number(service, drafts.later, counts),
    restore: number(service, drafts.restore, counts),
  }
}
