import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A fenced block of a document. */
export interface Block {
  readonly language: string
  /** What follows the language: the file that the block shows; of a session `images` if it makes some. */
  readonly title?: string
  /** What stands between the fences. */
  readonly text: string
}

/** The fenced blocks of a Markdown document, in their order. */
export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```([a-z]+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language, title, text]) => ({
      language: language!,
      text: text!,
      ...(title === undefined ? {} : { title }),
    }),
  )
}

/**
 * A `console` block that runs svcsplit: `$ svcsplit ...` (or `$ npx svcsplit ...`) lines, each with what it prints. With
 * the title `images` it fetches, builds or starts something, and is run with the real tools.
 */
export function isSession({ language, title, text }: Block, kind?: 'images'): boolean {
  return language === 'console' && title === kind && /^\$ (?:npx )?svcsplit /.test(text)
}

/** Program and arguments of a line of shell, quotes taken away and a comment at its end too. */
export function words(command: string): readonly string[] {
  const found = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3]!,
  )
  const comment = found.indexOf('#')
  return comment === -1 ? found : found.slice(0, comment)
}

/** The arguments of each svcsplit in the `sh` blocks of a document, lines that go on joined. */
export function shellCommands(markdown: string): readonly (readonly string[])[] {
  return blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, '').split(/\n|&&/))
    .map((line) => words(line).filter((word) => word !== 'npx'))
    .filter(([program]) => program === 'svcsplit')
    .map(([, ...args]) => args)
}

/** What the `sh` blocks among these have set: `export NAME=VALUE`. */
export function exported(blocks: readonly Block[]): Readonly<Record<string, string>> {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'))
  return Object.fromEntries(
    lines.flatMap((line) => {
      const found = /^export (\w+)=(\S+)$/.exec(line)
      return found === null ? [] : [[found[1]!, found[2]!]]
    }),
  )
}

/** A session with what each of its commands prints now, and `[exit N]` where it fails. */
export function replay(
  { text }: Block,
  run: (args: readonly string[]) => { readonly output: string; readonly status: number | null },
): string {
  const commands = text.split('\n').filter((line) => line.startsWith('$ '))
  return commands
    .map((line) => {
      const [program, ...args] = words(line.slice(2)).filter((word) => word !== 'npx')
      if (program !== 'svcsplit') throw new Error(`only svcsplit is run, not ${program}`)
      const { output, status } = run(args)
      return `${line}\n${output}${status === 0 ? '' : `[exit ${status}]\n`}`
    })
    .join('')
}

/**
 * Whether a session shows what its commands print now. A line `…` of a document stands for lines that it leaves out, `…` in a
 * line for the rest of a word or of the line.
 */
export function shows({ text }: Block, now: string): boolean {
  const escaped = text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  const pattern = escaped.replaceAll(/^ *…\n/gm, '(?:.*\\n)*?').replaceAll('…', '.*')
  return text === now || new RegExp(`^${pattern}$`).test(now)
}

/** Writes the file that a block shows, for the sessions below it. */
export function writeShown({ language, title, text }: Block, folder: string): void {
  if (title === undefined || language === 'console') return
  mkdirSync(dirname(join(folder, title)), { recursive: true })
  writeFileSync(join(folder, title), text)
}
