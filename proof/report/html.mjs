import { actRows, columns, headings, sharedLines, verdictOf } from './text.mjs'
import { escaped, timeline } from './timeline.mjs'

/**
 * The report as one page that loads nothing.
 * @param {import('./figures.mjs').Figures} figures @param {string} title
 */
export function htmlReport(figures, title) {
  const row = (/** @type {typeof headings} */ cells, /** @type {string} */ tag, number = '') =>
    `<tr><${tag}>${number}</${tag}>${columns.map((key) => `<${tag}>${escaped(cells[key])}</${tag}>`).join('')}</tr>`
  const steps = figures.acts.map((act, index) => {
    const lines = act.steps.map(
      ({ id, at, seconds, status, bytes }) =>
        `<tr><td>${(at - figures.began).toFixed(1)}</td><td>${escaped(id)}</td><td>${seconds.toFixed(1)}</td><td>${status}</td><td>${bytes}</td></tr>`,
    )
    return `<details><summary>${index + 1}. ${escaped(act.title)}</summary>
<table><tr><th>at, s</th><th>step</th><th>took, s</th><th>answered</th><th>bytes pulled</th></tr>${lines.join('\n')}</table>
${act.said === undefined ? '' : `<pre>${escaped(act.said.join('\n'))}</pre>`}
${othersOf(act)}</details>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.5 sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;margin:1em 0;font-size:13px}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left}
svg{width:100%;height:auto}pre{overflow:auto;background:#f4f4f4;padding:.5em}summary{cursor:pointer}</style></head>
<body><h1>${escaped(title)}</h1>
<ul>${verdictOf(figures)
    .map((line) => `<li>${escaped(line)}</li>`)
    .join('')}</ul>
${timeline(figures)}
<table>${row(headings, 'th', '#')}${actRows(figures)
    .map((cells, index) => row(cells, 'td', String(index + 1)))
    .join('\n')}</table>
${steps.join('\n')}
${figures.shared.length === 0 ? '' : `<h2>In one shared environment</h2><pre>${escaped(sharedLines(figures).join('\n'))}</pre>`}
</body></html>
`
}

/**
 * The libraries of the services that did not move: once where they stayed, else as they were and as they are.
 * @param {import('./figures.mjs').ActFigures} act
 */
function othersOf({ untouched, before, after }) {
  if (untouched === undefined) return ''
  const list = (/** @type {string} */ when, /** @type {typeof after} */ some) =>
    `<p>sha256 over the files of the environments of the others, ${when}:</p><ul>${some
      .map(
        ({ container, sha256, started }) =>
          `<li>${escaped(container)}, running since ${escaped(started)}: <code>${escaped(sha256)}</code></li>`,
      )
      .join('')}</ul>`
  return untouched ? list('before and after alike', after) : list('before', before) + list('after', after)
}
