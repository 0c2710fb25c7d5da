import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A fenced block of a document: `language` and what follows it, which names a file where there is something. */
export interface Block {
  readonly language: string
  readonly file?: string
  /** What stands between the fences. */
  readonly text: string
}

/** The fenced blocks of a Markdown document, in their order. */
export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```([a-z]+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language, file, text]) => ({
      language: language!,
      text: text!,
      ...(file === undefined ? {} : { file }),
    }),
  )
}

/** A `console` block that runs svcsplit: `$ svcsplit ...` (or `$ npx svcsplit ...`) lines, each with what it prints. */
export function isSession({ language, text }: Block): boolean {
  return language === 'console' && /^\$ (?:npx )?svcsplit /.test(text)
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

/** Writes the file that a block shows, for the sessions below it. */
export function writeShown({ file, text }: Block, folder: string): void {
  if (file === undefined) return
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}
