import type { FileOrigin } from '#errors.js'
import { policySchema } from './policy-schema.js'
import { decodeText } from './text-lines.js'
import { checkSchema, parseYaml, placeAt, plainData, refuseOddYaml, type YamlKind } from './yaml-file.js'

/** Services that are to run on one host as it is. */
export interface PolicyHost {
  readonly release?: string
  readonly constraints?: string
  readonly services?: readonly string[]
  readonly requirements?: string
  readonly profile?: string
  readonly at: FileOrigin
}

/** Services that are to be able to share one environment. */
export interface PolicyEnvironment {
  readonly name: string
  readonly services: readonly string[]
  readonly constraints?: string
  readonly at: FileOrigin
}

interface PolicyRule {
  readonly level?: 'error' | 'warning' | 'note'
  readonly max?: number
}

/** What a gate checks. Rules are names as written: which there are, the analysis knows. */
export interface Policy {
  readonly path: string
  readonly python?: string
  readonly platform?: 'linux/amd64' | 'linux/arm64'
  readonly hosts: readonly PolicyHost[]
  readonly environments: readonly PolicyEnvironment[]
  readonly separate: readonly { readonly services: readonly string[]; readonly at: FileOrigin }[]
  readonly rules: ReadonlyMap<string, PolicyRule>
  readonly failOn?: readonly string[]
  readonly baseline?: string
  readonly waivers?: string
  /** The line of a key or an entry, for errors that only the analysis can find: `/rules/drift`. */
  placeOf(pointer: string): FileOrigin
}

const kind: YamlKind = { what: 'the policy', syntax: 'E-POL-SYNTAX', schema: 'E-POL-SCHEMA' }

interface RawPolicy {
  readonly python?: string
  readonly platform?: Policy['platform']
  readonly hosts?: readonly Omit<PolicyHost, 'at'>[]
  readonly environments?: readonly Omit<PolicyEnvironment, 'at'>[]
  readonly separate?: readonly (readonly string[])[]
  readonly rules?: Readonly<Record<string, PolicyRule>>
  readonly 'fail-on'?: readonly string[]
  readonly baseline?: string
  readonly waivers?: string
}

/** A policy from the bytes of its file; `E-POL-SYNTAX` and `E-POL-SCHEMA` with line and column. */
export async function parsePolicy(bytes: Uint8Array, path: string): Promise<Policy> {
  const parsed = parseYaml(decodeText(bytes, path), path, kind)
  refuseOddYaml(parsed)
  await checkSchema(parsed, policySchema)
  const raw = plainData(parsed) as RawPolicy
  const { python, platform, baseline, waivers } = raw
  const failOn = raw['fail-on']
  return {
    path,
    ...(python === undefined ? {} : { python }),
    ...(platform === undefined ? {} : { platform }),
    hosts: (raw.hosts ?? []).map((host, index) => ({ ...host, at: placeAt(parsed, `/hosts/${index}`) })),
    environments: (raw.environments ?? []).map((one, index) => ({
      ...one,
      at: placeAt(parsed, `/environments/${index}`),
    })),
    separate: (raw.separate ?? []).map((list, index) => ({
      services: list,
      at: placeAt(parsed, `/separate/${index}`),
    })),
    rules: new Map(Object.entries(raw.rules ?? {})),
    ...(failOn === undefined ? {} : { failOn }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(waivers === undefined ? {} : { waivers }),
    placeOf: (pointer) => placeAt(parsed, pointer),
  }
}
