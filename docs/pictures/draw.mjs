/** What the pictures of this folder have in common: the program's answers, and SVG. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * What svcsplit prints with `-o json`.
 * @param {readonly string[]} args
 */
export function ask(...args) {
  const text = execFileSync(process.execPath, [`${root}dist/cli/svcsplit.cjs`, ...args, '-o', 'json'], {
    encoding: 'utf8',
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(text)
}

export const colour = {
  ink: '#374151',
  title: '#111827',
  faint: '#e5e7eb',
  same: '#d1d5db',
  good: '#15803d',
  drift: '#f6c453',
  bad: '#c9341c',
  cool: '#2563eb',
}

/** @param {string} value */
export const escaped = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** @param {number} x @param {number} y @param {string} value @param {string} [more] attributes */
export const text = (x, y, value, more = '') => `<text x="${x}" y="${y}" ${more}>${escaped(value)}</text>`

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} fill @param {string} [more] */
export const box = (x, y, width, height, fill, more = '') =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="2" fill="${fill}" ${more}/>`

/**
 * Writes a picture beside this file, or where the first argument of the program says.
 * @param {string} name @param {number} width @param {number} height @param {readonly string[]} parts
 */
export function writePicture(name, width, height, parts) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${colour.ink}">
${box(0, 0, width, height, '#fff')}
${parts.join('\n')}
</svg>
`
  writeFileSync(process.argv[2] ?? `${root}docs/pictures/${name}.svg`, svg)
}
