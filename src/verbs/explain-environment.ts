import type { Finding } from '#collisions/finding.js'
import type { EnvironmentCheck } from '#collisions/result.js'
import { SvcsplitError } from '#errors.js'
import type { InputFile } from '#inputs/fleet.js'
import { readInput } from '#inputs/requirements-file.js'
import type { Progress } from '#progress.js'
import type { ExplainedConflict } from '#solver/conflict.js'
import { toolVersion } from '#version.js'
import { requireId } from './explain.js'
import { readPolicy } from './gate.js'
import type { IndexChoice } from './missing-facts.js'
import { checkPolicy } from './policy-checks.js'

interface EnvironmentQuestion {
  /** The id of a finding of a gate, or how it begins. */
  readonly id: string
  readonly policy: string
  /** As for `gate`: before what the policy says. */
  readonly python?: string
  readonly platform?: 'linux/amd64' | 'linux/arm64'
  readonly index: IndexChoice
  readonly progress?: Progress
}

/** A finding of services together, and what it rests on. */
export interface ExplainedEnvironment {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  readonly python: string
  readonly platform: string
  readonly policy: string
  readonly environment: EnvironmentCheck
  readonly finding: Finding
  /** Of services that cannot share an environment: the proof, and fixes that were solved again. */
  readonly conflict?: ExplainedConflict
}

/**
 * One finding that `gate` has of the environments of a policy.
 * @throws E-CLI-USAGE if there is none, or more than one, by that id; what `gate` throws
 */
export async function explainEnvironment(question: EnvironmentQuestion): Promise<ExplainedEnvironment> {
  const id = requireId(question.id)
  const policy = await readPolicy(question.policy, readInput)
  const options = {
    python: question.python ?? policy.python ?? '3.11',
    platform: question.platform ?? policy.platform ?? 'linux/amd64',
    read: readInput,
    index: question.index,
    skipMissing: false,
    surroundings: false,
    ...(question.progress === undefined ? {} : { progress: question.progress }),
  }
  const { python, platform } = options
  // what is on a host has no part in findings of environments, but that services are there together
  const hosts = policy.separate.length === 0 ? [] : policy.hosts
  const result = await checkPolicy({ ...policy, hosts }, options)
  const found = (result.environments ?? []).flatMap((environment) =>
    environment.findings
      .filter((finding) => finding.id.startsWith(id))
      .map((finding) => ({ environment, finding })),
  )
  const [one, ...others] = found
  if (one === undefined || others.length > 0)
    throw new SvcsplitError(
      'E-CLI-USAGE',
      one === undefined
        ? `no environment of ${policy.path} has a finding ${id}`
        : `${found.length} findings have an id that begins with ${id}`,
      {
        hint:
          one === undefined
            ? 'svcsplit gate --policy FILE -o json has all ids; those of a host are explained without --policy'
            : `give more of it: ${found.map(({ finding }) => finding.id).join(', ')}`,
      },
    )
  const { environment, finding } = one
  const conflict = result.conflicts.get(finding.id)
  return {
    toolVersion: toolVersion(),
    inputs: result.inputs,
    python,
    platform,
    policy: policy.path,
    environment,
    finding,
    ...(conflict === undefined ? {} : { conflict }),
  }
}
