import { parse as parseToml } from 'smol-toml'
import { SvcsplitError } from '#errors.js'
import type { SandboxResult } from './sandbox.js'
import type { SdistFile } from './sdist.js'

/** PEP 518: what holds for an sdist that says nothing. */
const defaultRequires = ['setuptools', 'wheel']
const defaultBackend = 'setuptools.build_meta:__legacy__'

/** The first request for every sdist: nothing of it is run yet. */
export const inspection = {
  mode: 'inspect',
  backend: '',
  backendPath: [],
  known: [],
  environment: 'none',
} as const

/** How an sdist is built. */
interface BuildPlan {
  readonly backend: string
  readonly backendPath: readonly string[]
  readonly requires: readonly string[]
  /** Whether it has code to compile. */
  readonly native: boolean
}

/** `[build-system]` of PEP 518 and 517, and what holds without it. */
export function planOf(
  found: SandboxResult,
  sdist: SdistFile,
  instead: readonly string[] | undefined,
): BuildPlan {
  if (!('native' in found)) throw new SvcsplitError('E-SDT-FORM', `${sdist.filename} cannot be inspected`)
  const system = buildSystemOf(found.pyproject, sdist)
  if (found.pyproject === null && !found.setup)
    throw new SvcsplitError('E-SDT-FORM', `${sdist.filename} has neither pyproject.toml nor setup.py`)
  return {
    backend: stringOf(system['build-backend']) ?? defaultBackend,
    backendPath: stringsOf(system['backend-path']) ?? [],
    requires: instead ?? stringsOf(system.requires) ?? defaultRequires,
    native: found.native.length > 0,
  }
}

function buildSystemOf(pyproject: string | null, sdist: SdistFile): Record<string, unknown> {
  if (pyproject === null) return {}
  try {
    const system = parseToml(pyproject)['build-system']
    return typeof system === 'object' && system !== null ? (system as Record<string, unknown>) : {}
  } catch (cause) {
    throw new SvcsplitError('E-SDT-FORM', `${sdist.filename}: pyproject.toml is not TOML`, {
      at: { archive: sdist.filename, member: 'pyproject.toml' },
      cause,
    })
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function stringsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}
