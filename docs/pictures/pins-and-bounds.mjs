/**
 * Draws docs/pictures/pins-and-bounds.svg: one library, release by release: what each release pins, and what each release of
 * nova accepts. Within a release the pin is accepted; between releases nothing says so.
 */
import { ask, box, colour, text, writePicture } from './draw.mjs'

const [service, library] = ['nova', 'oslo.service']
const releases = ['2023.1', '2023.2', '2024.1', '2024.2', '2025.1', '2025.2', '2026.1']
const rows = releases.map((release) => {
  /** @type {{ version: string, demands: readonly { by: string, specifier: string }[] }} */
  const { version, demands } = ask('why', `${service}@${release}`, library, '--host', release)
  const own = demands.find(({ by }) => by.startsWith(`${service} `))
  const written = own?.specifier ?? ''
  return { release, pin: version, bound: /[0-9.]+/.exec(written)?.[0] ?? '', written }
})
/** @param {string} version */
const parts = (version) => version.split('.').map(Number)
/** @param {string} a @param {string} b */
const compare = (a, b) => parts(a).map((part, index) => part - (parts(b)[index] ?? 0)).find((sign) => sign !== 0) ?? 0

const left = 150
const top = 92
const column = 84
const line = 34
const width = left + releases.length * column + 20
const height = top + releases.length * line + 84
/** @param {number} index */
const x = (index) => left + index * column

const heads = rows.flatMap(({ release, pin }, index) => [
  text(x(index) + column / 2, top - 28, `host ${release}`, 'text-anchor="middle" font-size="11"'),
  text(x(index) + column / 2, top - 12, pin, 'text-anchor="middle" font-weight="600"'),
])
const cells = rows.flatMap(({ release, bound, written }, row) => [
  text(left - 12, top + row * line + 15, `${service} ${release}`, 'text-anchor="end"'),
  text(left - 12, top + row * line + 27, written, 'text-anchor="end" font-size="9"'),
  ...rows.map(({ pin }, index) => {
    const accepts = compare(pin, bound) >= 0
    const fill = index === row ? colour.good : accepts ? colour.drift : colour.bad
    const word = index === row ? 'tested' : accepts ? 'accepted' : 'refused'
    const light = accepts && index !== row ? colour.ink : '#fff'
    return (
      box(x(index) + 2, top + row * line + 2, column - 4, line - 5, fill) +
      text(x(index) + column / 2, top + row * line + 20, word, `text-anchor="middle" font-size="10" fill="${light}"`)
    )
  }),
])
const count = { same: rows.length, all: rows.length ** 2 }
const refused = rows.flatMap(({ bound }, row) => rows.filter(({ pin }, index) => index !== row && compare(pin, bound) < 0))
writePicture('pins-and-bounds', width, height, [
  text(20, 26, `${library}: what a release pins, and what each ${service} accepts`, `font-size="15" font-weight="600" fill="${colour.title}"`),
  ...heads,
  ...cells,
  text(20, height - 46, `On the diagonal, ${count.same} of ${count.all} pairs, somebody ran it: that is what constraints are. Elsewhere only the bound speaks:`),
  text(20, height - 28, `${refused.length} pairs are refused, and ${count.all - count.same - refused.length} are accepted without anybody having run them.`),
])
