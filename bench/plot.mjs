/** Plots as SVG, without a library: bars of seconds on one axis, and curves on two logarithmic axes. */

const ink = '#374151'
const colours = ['#1d4ed8', '#c2410c', '#15803d', '#7e22ce', '#b91c1c']
const font = 'font-family="system-ui, sans-serif" font-size="12"'

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** @param {number} value */
function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  return String(Number(value.toPrecision(3)))
}

/** @param {number} width @param {number} height @param {string} title @param {readonly string[]} parts */
function picture(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font} fill="${ink}">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="16" y="24" font-size="15" font-weight="600" fill="#111827">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`
}

/**
 * One bar a line; the aim as a mark in the bar's line.
 * @param {string} title @param {readonly { label: string, value: number, aim: number, met: boolean }[]} bars @param {string} unit
 */
export function barChart(title, bars, unit) {
  const longest = Math.max(...bars.map(({ label }) => label.length))
  const [left, width, step, top] = [40 + longest * 7, 620 + longest * 7, 26, 48]
  const most = Math.max(...bars.flatMap(({ value, aim }) => [value, aim]))
  const x = (/** @type {number} */ value) => left + ((width - left - 150) * value) / most
  const parts = bars.flatMap(({ label, value, aim, met }, index) => {
    const y = top + index * step
    return [
      `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${(x(value) - left).toFixed(1)}" height="${step - 7}" rx="2" fill="${met ? '#15803d' : '#c2410c'}"/>`,
      `<text x="${(x(value) + 6).toFixed(1)}" y="${y + 14}">${short(value)} ${unit}${met ? '' : ' (missed)'}</text>`,
      `<path d="M${x(aim).toFixed(1)} ${y - 2}v${step - 3}" stroke="#111827" stroke-width="2"><title>aim ${aim}</title></path>`,
    ]
  })
  return picture(width, top + bars.length * step + 16, title, parts)
}

/** Powers of ten that enclose the values. @param {readonly number[]} values */
function decades(values) {
  const [low, high] = [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ]
  return { low, high: high === low ? low + 1 : high }
}

/** @typedef {{ label: string, points: readonly (readonly [number, number])[] }} Curve */

/** @param {string} title @param {readonly Curve[]} curves @param {string} across @param {string} up */
export function curveChart(title, curves, across, up) {
  const [width, height, left, bottom, top, right] = [780, 400, 70, 50, 48, 290]
  const [xs, ys] = [0, 1].map((axis) =>
    decades(curves.flatMap(({ points }) => points.map((point) => point[axis] ?? 1))),
  )
  if (xs === undefined || ys === undefined) throw new Error('no curve')
  const at = (/** @type {number} */ value, /** @type {{ low: number, high: number }} */ { low, high }) =>
    (Math.log10(value) - low) / (high - low)
  const x = (/** @type {number} */ value) => left + at(value, xs) * (width - left - right)
  const y = (/** @type {number} */ value) => height - bottom - at(value, ys) * (height - bottom - top)
  const lines = [
    ...Array.from({ length: xs.high - xs.low + 1 }, (_, i) => 10 ** (xs.low + i)).map(
      (value) =>
        `<path d="M${x(value).toFixed(1)} ${top}V${height - bottom}" stroke="#e5e7eb"/><text x="${x(value).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${short(value)}</text>`,
    ),
    ...Array.from({ length: ys.high - ys.low + 1 }, (_, i) => 10 ** (ys.low + i)).map(
      (value) =>
        `<path d="M${left} ${y(value).toFixed(1)}H${width - right}" stroke="#e5e7eb"/><text x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${short(value)}</text>`,
    ),
  ]
  const drawn = curves.flatMap(({ label, points }, index) => {
    const colour = colours[index % colours.length]
    const dash = ['', '6 3', '2 3', '8 3 2 3'][index % 4]
    const path = points
      .map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`)
      .join('')
    const ly = top + 10 + index * 20
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      ...points.map(
        ([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${colour}"/>`,
      ),
      `<path d="M${width - right + 12} ${ly}h24" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      `<text x="${width - right + 42}" y="${ly + 4}">${escaped(label)}</text>`,
    ]
  })
  return picture(width, height, title, [
    ...lines,
    ...drawn,
    `<text x="${(left + width - right) / 2}" y="${height - 10}" text-anchor="middle">${escaped(across)}</text>`,
    `<text x="16" y="${top - 8}">${escaped(up)}</text>`,
  ])
}

/** The exponent of a power law through the points, by least squares on logarithms. @param {readonly (readonly [number, number])[]} points */
export function exponentOf(points) {
  const logs = points.map(([px, py]) => [Math.log(px), Math.log(py)])
  const mean = (/** @type {number} */ axis) =>
    logs.reduce((sum, one) => sum + (one[axis] ?? 0), 0) / logs.length
  const [mx, my] = [mean(0), mean(1)]
  const above = logs.reduce((sum, [lx = 0, ly = 0]) => sum + (lx - mx) * (ly - my), 0)
  return above / logs.reduce((sum, [lx = 0]) => sum + (lx - mx) ** 2, 0)
}
