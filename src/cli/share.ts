import { type Command, Option } from 'commander'
import { shareJson } from '#report/share-json.js'
import { shareText } from '#report/share-text.js'
import type { Sharing } from '#solver/sharing.js'
import { type ShareResult, share } from '#verbs/share.js'
import { addTargetOptions, codeOption, collect, type GlobalOptions, type TargetOptions } from './options.js'
import { type Formats, type Output, outputOption, writeOutputs } from './outputs.js'

interface Flags extends GlobalOptions, TargetOptions {
  readonly constraints?: readonly string[]
  readonly check?: boolean
  readonly code?: string
  readonly output?: readonly Output[]
}

/** Every form that an answer can be written in. */
function shareFormats(result: ShareResult): Formats {
  return {
    text: (options) => shareText(result, options),
    json: () => shareJson(result),
    markdown: async () => (await import('#report/share-markdown.js')).shareMarkdown(result),
    dot: async () => (await import('#report/share-graph.js')).shareDot(result),
    mermaid: async () => (await import('#report/share-graph.js')).shareMermaid(result),
  }
}

async function run(services: readonly string[], flags: Flags): Promise<void> {
  const { python, platform, constraints, code } = flags
  const result = await share({
    services,
    python,
    platform,
    ...(constraints === undefined ? {} : { constraints }),
    ...(code === undefined ? {} : { code }),
  })
  await writeOutputs(flags.output, flags.color, shareFormats(result))
  const exitCode = exitCodeOf(result, flags.check === true)
  if (exitCode !== 0) process.exitCode = exitCode
}

/** With `--check` 1 if they cannot share as declared, or as run; 3 where an answer that counts was not found. */
function exitCodeOf({ sharing, asRun }: ShareResult, isCheck: boolean): number {
  if (isOpen(sharing)) return 3
  if (!isCheck) return 0
  if (sharing.kind === 'conflicts' || asRun?.sharing.kind === 'conflicts') return 1
  return asRun?.sharing.kind === 'undecided' ? 3 : 0
}

/** Conflicts that all rest on facts that are missing are none: knowing more could give an answer. */
function isOpen(sharing: Sharing): boolean {
  return (
    sharing.kind === 'undecided' ||
    (sharing.kind === 'conflicts' &&
      sharing.conflicts.every(({ lines }) => lines.some(({ isMissing }) => isMissing === true)))
  )
}

export function registerShare(program: Command): void {
  const command = program
    .command('share')
    .description(
      'may service releases share one environment; if not, why; and how few environments they need',
    )
    .argument('<SERVICE@RELEASE...>', 'such as nova@2026.1; nova alone is its newest maintained release')
    .addOption(
      new Option('-c, --constraints <file>', 'pins that hold for all of them (repeatable)').argParser(
        collect,
      ),
    )
    .option('--check', 'exit with 1 if they cannot share one environment, as declared or as run')
    .addOption(codeOption())
    .option('--offline', 'never touch the network (share never does)')
    .addOption(outputOption(['text', 'json', 'markdown', 'dot', 'mermaid']))
  addTargetOptions(command).action((services: string[], _: unknown, self: Command) =>
    run(services, self.optsWithGlobals<Flags>()),
  )
}
