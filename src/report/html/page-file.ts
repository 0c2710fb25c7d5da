import { hash } from 'node:crypto'
import { visible } from '#errors.js'
import { pack } from './pack.js'

/** The browser's part of a report, as the build bundles it. */
export interface Shell {
  readonly script: string
  readonly style: string
}

export interface Page {
  readonly title: string
  /** Which view of the shell shows the data. */
  readonly kind: 'analysis' | 'plan'
  /** Any JSON. */
  readonly data: object
  /** What a reader without scripts sees: made with `escapeHtml`. */
  readonly plain: string
}

/** Characters of a text that are shown: more than any command has, as half of one must not be copied. */
const longest = 20_000

/** Text from outside as text of an element or a quoted attribute; control and bidirectional characters show. */
export function escapeHtml(text: string): string {
  return visible(text, longest).replace(
    /[&<>"']/g,
    (character) => `&#${character.codePointAt(0)!.toString()};`,
  )
}

/** JSON that cannot end its script element, nor open a comment in it. */
function inScript(data: unknown): string {
  return JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

function source(text: string): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`
}

/**
 * A page in one file: it asks for nothing, and its policy lets nothing run but this script. The data stands in an
 * element that no browser executes; every string of it is shown as text.
 */
export function pageFile({ title, kind, data, plain }: Page, { script, style }: Shell): string {
  const policy = [
    "default-src 'none'",
    `script-src ${source(script)}`,
    `style-src ${source(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript>${plain}</noscript>
<script type="application/json" id="data">${inScript({ kind, packed: pack(data, (text) => visible(text, longest)) })}</script>
<script>${script}</script>
</body>
</html>
`
}
