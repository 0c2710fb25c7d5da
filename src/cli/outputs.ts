import { SvcsplitError } from '#errors.js'
import { writeOutput } from '#io/files.js'
import { type TextOptions, wantsColor } from '#report/terminal.js'
import type { GlobalOptions } from './options.js'

export interface Output {
  readonly format: 'text' | 'json'
  /** stdout if left out. */
  readonly path?: string
}

/** `-o FORMAT[=PATH]`, once or several times; one of them may go to stdout. */
export function parseOutput(text: string, before: readonly Output[] = []): readonly Output[] {
  const equals = text.indexOf('=')
  const format = equals === -1 ? text : text.slice(0, equals)
  const path = equals === -1 ? undefined : text.slice(equals + 1)
  if (format !== 'text' && format !== 'json')
    throw new SvcsplitError('E-CLI-USAGE', `there is no output format ${JSON.stringify(format)}`, {
      hint: 'known are text and json',
    })
  if (path === '') throw new SvcsplitError('E-CLI-USAGE', `-o ${format}= needs a path`)
  if (path === undefined && before.some((output) => output.path === undefined))
    throw new SvcsplitError('E-CLI-USAGE', 'two results cannot both go to stdout', {
      hint: `write one to a file: -o ${format}=PATH`,
    })
  return [...before, path === undefined ? { format } : { format, path }]
}

/** Writes a result in every form that was asked for; as text to stdout if none was. */
export async function writeOutputs(
  outputs: readonly Output[] | undefined,
  color: GlobalOptions['color'],
  text: (options: TextOptions) => string,
  json: () => string,
): Promise<void> {
  for (const { format, path } of outputs ?? [{ format: 'text' as const, path: undefined }]) {
    const toTerminal = path === undefined && process.stdout.isTTY === true
    const options = {
      color: wantsColor(color, process.env, toTerminal),
      width: toTerminal ? Math.max(60, process.stdout.columns ?? 120) : 120,
    }
    const content = format === 'json' ? json() : text(options)
    if (path === undefined) process.stdout.write(content)
    else await writeOutput(path, content)
  }
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
