import { Option } from 'commander'
import { SvcsplitError } from '#errors.js'
import { appendText, writeOutput } from '#io/write-files.js'
import { type TextOptions, wantsColor } from '#report/terminal.js'
import type { GlobalOptions } from './options.js'

export interface Output {
  readonly format: string
  /** stdout if left out. */
  readonly path?: string
}

/** What a command can write: by name, each made (and its code loaded) when it is asked for. `text` is the default. */
export interface Formats {
  readonly text: (options: TextOptions) => string | Promise<string>
  readonly [format: string]: (options: TextOptions) => string | Promise<string>
}

/** `-o FORMAT[=PATH]`, once or several times; one of them may go to stdout. */
function parserOf(
  formats: readonly string[],
): (text: string, before?: readonly Output[]) => readonly Output[] {
  return (text, before = []) => {
    const equals = text.indexOf('=')
    const format = equals === -1 ? text : text.slice(0, equals)
    const path = equals === -1 ? undefined : text.slice(equals + 1)
    if (!formats.includes(format))
      throw new SvcsplitError('E-CLI-USAGE', `there is no output format ${JSON.stringify(format)}`, {
        hint: `known are ${listed(formats, 'and')}`,
      })
    if (path === '') throw new SvcsplitError('E-CLI-USAGE', `-o ${format}= needs a path`)
    if (path === undefined && before.some((output) => output.path === undefined))
      throw new SvcsplitError('E-CLI-USAGE', 'two results cannot both go to stdout', {
        hint: `write one to a file: -o ${format}=PATH`,
      })
    if (path !== undefined && before.some((output) => output.path === path))
      throw new SvcsplitError('E-CLI-USAGE', `two results cannot both be written to ${path}`)
    return [...before, path === undefined ? { format } : { format, path }]
  }
}

function listed(formats: readonly string[], word: string): string {
  return formats.length < 2 ? formats.join() : `${formats.slice(0, -1).join(', ')} ${word} ${formats.at(-1)!}`
}

/** The option `-o` of a command that knows these formats. */
export function outputOption(formats: readonly string[] = ['text', 'json']): Option {
  return new Option(
    '-o, --output <format[=path]>',
    `${listed(formats, 'or')}, to stdout or a file (repeatable)`,
  ).argParser(parserOf(formats))
}

/** Waits until it is written. What fails there is told by the listener that main.ts has on the stream. */
function toStdout(content: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(content, () => resolve()))
}

/**
 * Writes a result in every form that was asked for; as text to stdout if none was. Files come first, and what
 * fails does not keep the others from being written: the first failure is thrown when all is done. With `github`,
 * the job summary that GitHub Actions asks for is written too, as Markdown.
 */
export async function writeOutputs(
  outputs: readonly Output[] | undefined,
  color: GlobalOptions['color'],
  formats: Formats,
): Promise<void> {
  const wanted = outputs ?? [{ format: 'text' }]
  const failures: unknown[] = []
  const inOrder = [
    ...wanted.filter(({ path }) => path !== undefined),
    ...wanted.filter(({ path }) => path === undefined),
  ]
  for (const { format, path } of inOrder) {
    const toTerminal = path === undefined && process.stdout.isTTY === true
    const options = {
      color: wantsColor(color, process.env, toTerminal),
      width: toTerminal ? Math.max(60, process.stdout.columns ?? 120) : 120,
    }
    try {
      const content = await formats[format]!(options)
      await (path === undefined ? toStdout(content) : writeOutput(path, content))
    } catch (error) {
      failures.push(error)
    }
  }
  const summary = process.env.GITHUB_STEP_SUMMARY
  if (summary !== undefined && summary !== '' && wanted.some(({ format }) => format === 'github'))
    await appendText(summary, await formats.markdown!({ color: false, width: 120 })).catch((error: unknown) =>
      failures.push(error),
    )
  if (failures.length > 0) throw failures[0]
}
