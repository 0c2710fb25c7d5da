import { spawnSync } from 'node:child_process'
import type { ErrorCode } from '#errors.js'
import type { Fault as RegistryFault, TestRegistry, TestRegistryOptions } from '../support/oci-registry.js'
import type { PackageIndex, PackageIndexOptions } from '../support/package-index.js'

/** What lies in the folder before the command runs: bytes, or something that is not a plain file. */
export type Given = string | Buffer | ((path: string) => void | Promise<void>)

export type Files = Readonly<Record<string, Given>>

/** One bad input, the command that meets it, and the answer that a user gets. */
export interface Row {
  /** Number of the row in `families.ts`, and what tells it from others of that number. */
  readonly id: string
  /** One sentence that a reader of an error's page understands. */
  readonly given: string
  readonly files?: Files | (() => Files)
  /** A package index on the loopback interface; `{index}` in the arguments is its address. */
  readonly index?: PackageIndexOptions | (() => PackageIndexOptions)
  readonly indexFaults?: (index: PackageIndex) => void
  /** A registry on the loopback interface; `{registry}` is its host and port. */
  readonly registry?: TestRegistryOptions
  readonly registryFaults?: readonly RegistryFault[]
  readonly registryHolds?: (registry: TestRegistry) => void
  /** Arguments of `svcsplit`. */
  readonly args: readonly string[]
  /** Commands that ran well before, of which only the last is judged. */
  readonly before?: readonly (readonly string[])[]
  readonly env?: Readonly<Record<string, string>>
  readonly exit: number
  readonly code?: ErrorCode
  /** `path:line:column` or `archive!member`, as it is printed behind "at". */
  readonly at?: string
  /** What the answer also says: what was wrong, or what to do. */
  readonly says?: string
  /** Paths that a run of exit code 0 may write beside its cache. */
  readonly writes?: readonly string[]
  /** Seconds of the processor that the row may take where the input is large: 2 is for all others. */
  readonly seconds?: number
  /** MiB that it may take where the input is all that is shipped: 256 is for all others. */
  readonly peakMiB?: number
  /** Costs more than a change of code should wait for: only in the long form, each in a process of its own. */
  readonly long?: true
  /** The answer is not the same in every run (a port, a time): not shown on a page. */
  readonly varies?: true
}

/** A named pipe that nobody writes to. */
export const pipe: Given = (path) => {
  spawnSync('mkfifo', [path])
}

export const text = (...lines: readonly string[]): string => `${lines.join('\n')}\n`

/** Made when it is needed, and once: many inputs are large. */
export const made = <T>(thing: T | (() => T)): T =>
  typeof thing === 'function' ? (thing as () => T)() : thing
