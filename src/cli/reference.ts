import type { ToldCommand } from './command-tree.js'

function all(command: ToldCommand): readonly ToldCommand[] {
  return [command, ...command.commands.flatMap(all)]
}

function told({ description, choices, usual }: ToldCommand['options'][number]): string {
  const more = [
    ...(choices.length > 0 ? [`choices: ${choices.join(', ')}`] : []),
    ...(usual === undefined ? [] : [`default: ${usual}`]),
  ]
  return `${description}${more.length === 0 ? '' : ` (${more.join('; ')})`}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function section(command: ToldCommand): string {
  const lines = [
    `## \`${command.path}\``,
    '',
    `${cell(command.description)}.`,
    '',
    '```',
    command.usage,
    '```',
  ]
  const rows = [
    ...command.arguments.map(({ term, description }) => [term, description] as const),
    ...command.options.map((option) => [option.flags, told(option)] as const),
  ]
  if (rows.length > 0)
    lines.push(
      '',
      '| argument or option | meaning |',
      '|---|---|',
      ...rows.map(([term, text]) => `| \`${term.replaceAll('|', '\\|')}\` | ${cell(text)} |`),
    )
  return lines.join('\n')
}

/** Every command with its arguments and options, as Markdown. */
export function referenceMarkdown(root: ToldCommand): string {
  const intro =
    '# Reference\nEvery command with its arguments and options, as `svcsplit COMMAND --help` tells them. Written by a test from the\ncommands themselves (`UPDATE=1 npx vitest run --project unit test/cli/reference.test.ts`). Exit codes, outputs and\nenvironment are in [the command line](cli.md).'
  return `${[intro, ...all(root).map(section)].join('\n\n')}\n`
}

/** Text of a man page: a backslash, and a line that would be a request, are escaped (man(7)). */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
}

/** The same as a man page. */
export function manPage(root: ToldCommand, version: string): string {
  const option = (option: ToldCommand['options'][number]) => [
    '.TP',
    `.B ${roff(option.flags)}`,
    roff(told(option)),
  ]
  const commands = all(root).slice(1)
  return `${[
    `.TH SVCSPLIT 1 "" "svcsplit ${version}" "User Commands"`,
    '.SH NAME',
    `svcsplit \\- ${roff(root.description.replace(/^./, (first) => first.toLowerCase()).replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    `.B ${roff(root.usage)}`,
    '.SH OPTIONS',
    ...root.options.flatMap(option),
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      `.SS ${roff(command.usage)}`,
      `${roff(command.description)}.`,
      ...command.arguments.flatMap(({ term, description }) => ['.TP', `.I ${roff(term)}`, roff(description)]),
      ...command.options.flatMap(option),
    ]),
    '.SH EXIT STATUS',
    '.TP\n0\nDone, and nothing at or above the threshold.',
    '.TP\n1\nFindings: gate, share \\-\\-check, verify, and resolve where there is no solution.',
    '.TP\n2\nUsage, configuration or input.',
    '.TP\n3\nNot decided: facts are missing, or nothing was analyzed.',
    '.TP\n4\nBuild, push or network failed, or something was refused.',
    '.TP\n70\nA bug in svcsplit.',
    '.TP\n130, 143\nInterrupted.',
  ].join('\n')}\n`
}
