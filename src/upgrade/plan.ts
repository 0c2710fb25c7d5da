import type { Answer, Edge } from '#inputs/upgrade-steps.js'
import type { ReplicaProxy } from './proxy.js'

/** An image as far as it is known. */
export interface ImageFacts {
  readonly service: string
  readonly release: string
  /** Version of the service in it. */
  readonly version: string
  /** What commands call it: by digest where that is known. */
  readonly reference: string
  /** By tag, for engines that know no digests; none where only the digest is known. */
  readonly tagged?: string
  /** None where it was not asked for, or is not built. */
  readonly digest?: string
  /** Distributions of its lock, and the sha256 of their `name==version` lines. */
  readonly libraries: { readonly count: number; readonly sha256: string }
}

export type Phase =
  | 'check'
  | 'backup'
  | 'pull'
  | 'pin'
  | 'expand'
  | 'stop'
  | 'restart'
  | 'verify'
  | 'migrate'
  | 'contract'
  | 'restore'

/** Something to do, with everything that a person needs at night. */
export interface Step {
  /** `nova/expand-1`. */
  readonly id: string
  readonly service: string
  readonly phase: Phase
  readonly title: string
  /** The machine to type it on; the operator's own if left out. */
  readonly host?: string
  /** The image of a container that it starts. */
  readonly image?: string
  /** Program and arguments inside that image, where it is a task that ends. */
  readonly run?: readonly string[]
  /** Lines of shell (POSIX), each to be carried out. */
  readonly commands: readonly string[]
  /** What the exit code of the last command means; others mean stop. */
  readonly answers: readonly Answer[]
  /** About how long, to plan with; and after which time something is wrong. */
  readonly seconds: number
  readonly limit: number
  /** Why the service is interrupted; not at all if left out. */
  readonly interrupts?: string
  /** How it is undone; no commands where nothing has to be. */
  readonly undo: { readonly means: string; readonly commands: readonly string[] }
  /** Why there is no way back to the old release from here: the point of no return. */
  readonly final?: string
  readonly optional?: string
  readonly note?: string
}

/** Names that come, go and change from one release of a service to the other. */
export interface ProcessChanges {
  readonly comes: readonly { readonly name: string; readonly command: string }[]
  readonly goes: readonly { readonly name: string; readonly command: string }[]
  readonly changes: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  /** Programs and WSGI modules of the old release that the new one does not have. */
  readonly vanished: readonly string[]
}

/** The upgrade of one service. */
export interface ServicePlan {
  readonly service: string
  readonly from: string
  readonly to: string
  readonly hop: 'adjacent' | 'slurp'
  readonly restart: 'rolling' | 'cold'
  /** The shared host that it leaves. */
  readonly on?: string
  /** Who its processes run as. */
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number }
  readonly before: ImageFacts
  readonly after: ImageFacts
  /** Bytes that a machine with the old image lacks of the new one; from wheels, and without the base, unless exact. */
  readonly pull: { readonly bytes: number; readonly exact: boolean }
  readonly distributions: { readonly changed: number; readonly added: number; readonly removed: number }
  readonly processes: ProcessChanges
  readonly containers: readonly PlannedContainer[]
  /** Before the window: nothing that runs is touched. */
  readonly ahead: readonly Step[]
  /** The window itself. */
  readonly window: readonly Step[]
  /** Days later, when nobody wants to go back any more. */
  readonly later: readonly Step[]
  /** After the point of no return: what brings the old release back with the database as it was dumped. */
  readonly restore: readonly Step[]
  readonly sources: readonly string[]
}

/** A container as it is to run. */
export interface PlannedContainer {
  readonly name: string
  readonly process: string
  readonly host?: string
  readonly port?: number
  /** Path on the port that answers while it is well. */
  readonly health?: string
  readonly backend?: string
  /** In the old release; none where it has no such process. */
  readonly before?: readonly string[]
  /** In the new release; none where it has no such process. */
  readonly after?: readonly string[]
  readonly volumes: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** The replica of the new release that takes over while this one stays ready; it is replaced in its place if left out. */
  readonly beside?: Omit<PlannedContainer, 'before' | 'beside'>
}

/** A maintenance window: one service. */
export interface Window {
  readonly number: number
  readonly service: string
  /** The window's own steps, and undoing all of them. */
  readonly seconds: number
  readonly back: number
  readonly pull: number
  /** Steps during which the service does not answer, with the reasons. */
  readonly interruptions: readonly { readonly step: string; readonly why: string; readonly seconds: number }[]
}

/** A service that the plan leaves alone. */
export interface Untouched {
  readonly service: string
  readonly release: string
  readonly image?: string
  readonly on?: string
  readonly libraries: { readonly count: number; readonly sha256: string }
}

/** Why one service comes before another. */
export interface Ordered {
  readonly service: string
  readonly because: readonly Edge[]
}

/** From what runs now to what is wanted. */
export interface Plan {
  readonly kind: 'upgrade'
  readonly python: string
  readonly platform: string
  readonly fleet: string
  readonly engine: 'podman' | 'docker'
  /** None where nobody stands in front of the replicas. */
  readonly proxy?: ReplicaProxy
  readonly order: readonly Ordered[]
  readonly services: readonly ServicePlan[]
  /** In order; none where no length was asked for. */
  readonly windows: readonly Window[]
  readonly untouched: readonly Untouched[]
  /** What a person has to know and no step says. */
  readonly notes: readonly string[]
}

/** Every step of a service in its order. */
export function stepsOf(plan: ServicePlan): readonly Step[] {
  return [...plan.ahead, ...plan.window, ...plan.later]
}

/** Seconds to undo a step: about as long as it took, but a dump is only put aside. */
export function undoSeconds({ phase, seconds }: Step): number {
  return phase === 'backup' ? 1 : seconds
}
