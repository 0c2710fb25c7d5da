import { type ErrorCode, errorCodes, exitCodeOf, SvcsplitError } from '#errors.js'
import { errorMeanings } from './error-meanings.js'
import { wrapTo } from './terminal.js'

/** All about one error code. */
interface ErrorPage {
  readonly code: ErrorCode
  /** What it is, in a few words. */
  readonly title: string
  readonly exitCode: 2 | 3 | 4
  readonly means: string
  readonly remedy: string
}

/** Whether a text is meant as an error code, in any case of letters. */
export function isErrorCode(text: string): boolean {
  return /^e-[a-z]/i.test(text)
}

/** @throws SvcsplitError E-CLI-USAGE if there is no such code */
export function errorPage(text: string): ErrorPage {
  const code = text.toUpperCase() as ErrorCode
  const known = errorCodes[code]
  if (known === undefined) {
    const family = Object.keys(errorCodes).filter((one) => one.startsWith(code.slice(0, 6)))
    throw new SvcsplitError('E-CLI-USAGE', `there is no error ${code.slice(0, 40)}`, {
      hint: family.length > 0 ? `known are ${family.join(', ')}` : 'an error names its code in brackets',
    })
  }
  const [means, remedy] = errorMeanings[code]
  return { code, title: known.title, exitCode: exitCodeOf(code), means, remedy }
}

/** The page for a terminal. */
export function errorPageText({ code, title, exitCode, means, remedy }: ErrorPage, width: number): string {
  const paragraphs = [`${code}: ${title} (exit code ${exitCode})`, means, `What to do: ${remedy}`]
  return `${paragraphs.map((text) => wrapTo(text.replaceAll('`', ''), width, 0)).join('\n\n')}\n`
}

export function errorPageJson(page: ErrorPage): string {
  return `${JSON.stringify(page, null, 2)}\n`
}
