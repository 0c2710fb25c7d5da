const width = 1200
const left = 92
const right = 12
const colours = ['#4e79a7', '#f28e2b', '#59a14f', '#b07aa1']

/** @param {string} text */
export const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt' }[sign] ?? 'quot'};`)

/**
 * The run over time as one SVG: requests a second and failures, time of answers, which release each replica has and
 * whether it gets requests.
 * @param {import('./figures.mjs').Figures} figures
 */
export function timeline(figures) {
  const { began, ended, acts, requests, samples } = figures
  const scale = (width - left - right) / (ended - began)
  const x = (/** @type {number} */ at) => left + (at - began) * scale
  const parts = /** @type {string[]} */ ([])
  const text = (
    /** @type {number} */ px,
    /** @type {number} */ py,
    /** @type {string} */ words,
    further = '',
  ) => parts.push(`<text x="${px.toFixed(1)}" y="${py}" ${further}>${escaped(words)}</text>`)
  const box = (
    /** @type {number} */ px,
    /** @type {number} */ py,
    /** @type {number} */ w,
    /** @type {number} */ h,
    /** @type {string} */ further,
    title = '',
  ) =>
    parts.push(
      `<rect x="${px.toFixed(1)}" y="${py.toFixed(1)}" width="${Math.max(0.3, w).toFixed(1)}" height="${h.toFixed(1)}" ${further}${title === '' ? '/>' : `><title>${escaped(title)}</title></rect>`}`,
    )

  // What was done.
  let y = 8
  for (const [index, act] of acts.entries()) {
    const fill = act.fault === undefined ? '#e8f0e8' : '#f8e4e0'
    box(x(act.at), y, (act.end - act.at) * scale, 22, `fill="${fill}" stroke="#999"`, act.title)
    text(x(act.at) + 4, y + 15, String(index + 1))
  }
  text(4, y + 15, 'what (below)')
  y += 30
  for (const act of acts)
    for (const step of act.steps)
      box(
        x(step.at),
        y,
        step.seconds * scale,
        10,
        `fill="${step.id.endsWith('/fallback') ? '#c0392b' : /restart/.test(step.id) ? '#2c3e50' : '#b8c4cc'}"`,
        `${step.id} ${step.seconds.toFixed(1)} s`,
      )
  text(4, y + 9, 'steps')
  y += 18

  // Requests a second, those that failed on top.
  const bins = binned(requests, began, ended)
  const most = Math.max(...bins.map(({ count }) => count), 1)
  const high = 90
  for (const [second, { count, failed }] of bins.entries()) {
    const h = (count / most) * high
    box(left + second * scale, y + high - h, scale, h, 'fill="#8fb0cf"')
    if (failed > 0) box(left + second * scale - 1, y, 3, high, 'fill="#c0392b"', `${failed} failed`)
  }
  text(4, y + 12, 'requests/s')
  text(left - 24, y + 12, String(most))
  text(left - 14, y + high, '0')
  y += high + 12

  // The slowest answer of each second.
  const slowest = Math.max(...bins.map(({ longest }) => longest), 0.001)
  const low = 60
  for (const [second, { longest }] of bins.entries()) {
    const h = (longest / slowest) * low
    box(left + second * scale, y + low - h, scale, h, 'fill="#c9b79c"')
  }
  text(4, y + 12, 'slowest, s')
  text(left - 24, y + 12, slowest.toFixed(1))
  y += low + 14

  // Which release a replica has; pale while the proxy gives it nothing.
  const releases = [...new Set(figures.releases.values())].sort()
  const colour = (/** @type {string} */ release) => colours[releases.indexOf(release) % colours.length]
  for (const { name, spans } of lanes(figures)) {
    text(4, y + 11, name)
    for (const { from, to, release, serves } of spans)
      box(
        x(from),
        y,
        (to - from) * scale,
        14,
        `fill="${colour(release)}" fill-opacity="${serves ? 1 : 0.3}"`,
        `${name} ${release}${serves ? '' : ', without requests'}`,
      )
    y += 18
  }
  y += 6
  for (const [index, release] of releases.entries()) {
    box(left + index * 90, y, 12, 12, `fill="${colour(release)}"`)
    text(left + index * 90 + 16, y + 11, release)
  }
  text(
    left + releases.length * 90,
    y + 11,
    'pale: runs and gets no requests · red: a request failed, or the way back',
  )
  y += 18
  for (let minute = 0; minute * 60 <= ended - began; minute++)
    if (minute % Math.ceil((ended - began) / 60 / 12) === 0)
      text(left + minute * 60 * scale, y + 11, `${minute} min`)
  if (samples.length === 0) text(left, y, 'no samples')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 18}" role="img" aria-label="The run over time" font-family="sans-serif" font-size="11"><rect width="${width}" height="${y + 18}" fill="#fff"/>${parts.join('\n')}</svg>\n`
}

/**
 * @param {import('./figures.mjs').Figures['requests']} requests @param {number} began @param {number} ended
 */
function binned(requests, began, ended) {
  const bins = Array.from({ length: Math.ceil(ended - began) }, () => ({ count: 0, failed: 0, longest: 0 }))
  for (const { at, seconds, fine } of requests) {
    const bin = bins[Math.min(bins.length - 1, Math.floor(at + seconds - began))]
    if (bin === undefined) continue
    bin.count += 1
    if (!fine) bin.failed += 1
    bin.longest = Math.max(bin.longest, seconds)
  }
  return bins
}

/** Spans of time in which a container had one release and one standing with the proxy. @param {import('./figures.mjs').Figures} figures */
function lanes({ samples, releases, ended }) {
  /** @typedef {{ from: number, to: number, release: string, serves: boolean }} Span */
  const byName = /** @type {Map<string, Span[]>} */ (new Map())
  for (const [index, { at, images, proxy }] of samples.entries()) {
    const to = samples[index + 1]?.at ?? ended
    for (const [name, image] of Object.entries(images)) {
      const release = releases.get(image)
      const [service = '', number = ''] = name.split('-')
      // Tasks have names that the engine made up.
      if (release === undefined || !/^\d$/.test(number)) continue
      const serves = (proxy[`${service}/${service.slice(0, 1)}${number}`] ?? '').startsWith('UP')
      const spans = byName.get(name) ?? []
      const last = spans.at(-1)
      if (last !== undefined && last.to === at && last.release === release && last.serves === serves)
        last.to = to
      else spans.push({ from: at, to, release, serves })
      byName.set(name, spans)
    }
  }
  return [...byName]
    .sort()
    .reverse()
    .map(([name, spans]) => ({ name, spans }))
}
