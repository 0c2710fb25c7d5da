import { join } from 'node:path'
import { parse } from 'smol-toml'
import { SvcsplitError } from '#errors.js'
import { existsSync, readBytes, readText } from '#io/files.js'
import { type CoreMetadata, parseCoreMetadata } from '#pep/core-metadata.js'
import type { ReadSetupCall, SetupCall } from '#pep/setup-call.js'
import { parseSetupCfg, type SetupCfg } from './setup-cfg.js'

/** The files of a checkout that say how it is packaged, read and not run. */
export interface CheckoutFiles {
  readonly folder: string
  /** Empty where it is not there. */
  readonly pyproject: Table
  /** Empty where it is not there. */
  readonly setup: SetupCfg
  /** What its `setup.py` gives to `setup()`. */
  readonly call?: SetupCall
  /** What it was packaged with: an unpacked sdist has PKG-INFO. */
  readonly packed?: CoreMetadata
}

export type Table = Readonly<Record<string, unknown>>

export function table(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {}
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

/** No sources that a person wrote are larger. */
export const largest = { maxBytes: 4 * 1024 * 1024 }

async function textIn(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name)
  return existsSync(path) ? readText(path, largest) : undefined
}

function readPyproject(text: string, path: string): Table {
  try {
    return parse(text) as Table
  } catch (cause) {
    const { line, column } = cause as { line?: number; column?: number }
    throw new SvcsplitError('E-REQ-SYNTAX', 'pyproject.toml is not TOML', {
      at: { path, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) },
      cause,
    })
  }
}

function readPacked(text: string, path: string): CoreMetadata {
  try {
    return parseCoreMetadata(text)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    throw new SvcsplitError(error.code, error.message, {
      at: { path },
      hint: 'only an unpacked sdist has this file: unpack it again, or take the file away',
      cause: error,
    })
  }
}

/** @throws E-FS-*, E-REQ-SYNTAX, E-IDX-METADATA */
export async function readCheckoutFiles(
  folder: string,
  readSetupCall: ReadSetupCall,
): Promise<CheckoutFiles> {
  const pyproject = await textIn(folder, 'pyproject.toml')
  const setup = await textIn(folder, 'setup.cfg')
  const packed = await textIn(folder, 'PKG-INFO')
  const script = join(folder, 'setup.py')
  return {
    folder,
    pyproject: pyproject === undefined ? {} : readPyproject(pyproject, join(folder, 'pyproject.toml')),
    setup: setup === undefined ? new Map() : parseSetupCfg(setup, join(folder, 'setup.cfg')),
    ...(existsSync(script) ? { call: await readSetupCall(await readBytes(script, largest)) } : {}),
    ...(packed === undefined ? {} : { packed: readPacked(packed, join(folder, 'PKG-INFO')) }),
  }
}
