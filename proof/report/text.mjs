/** @param {number} value */
const seconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`
/** @param {number} value */
const milliseconds = (value) => `${Math.round(value * 1000)} ms`
/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/**
 * One line for each thing that was done, as cells.
 * @param {import('./figures.mjs').Figures} figures
 */
export function actRows({ acts }) {
  return acts.map((act) => ({
    title: act.title,
    requests: String(act.answers.count),
    failed: String(act.answers.failed),
    p95: milliseconds(act.answers.p95),
    gap: seconds(act.gap),
    pull: act.pull.bytes === 0 ? '-' : `${megabytes(act.pull.bytes)} in ${seconds(act.pull.seconds)}`,
    window: act.fault === undefined ? act.windows.map(seconds).join(', ') : `stopped at ${act.failed}`,
    back: act.backs.map(seconds).join(', '),
    others: act.untouched === undefined ? '-' : act.untouched ? 'same bytes, not restarted' : 'CHANGED',
  }))
}

export const headings = {
  title: 'what',
  requests: 'requests',
  failed: 'failed',
  p95: 'p95',
  gap: 'longest gap',
  pull: 'pulled',
  window: 'window forward',
  back: 'back',
  others: 'libraries of the others',
}

/**
 * The verdict, in words.
 * @param {import('./figures.mjs').Figures} figures
 */
export function verdictOf({ total, operations, acts, began, ended, gaps }) {
  const good = acts.filter(({ fault }) => fault === undefined)
  const faulty = acts.filter(({ fault }) => fault !== undefined)
  const failed = (/** @type {typeof acts} */ some) =>
    some.reduce((sum, { answers }) => sum + answers.failed, 0)
  const beside = good.filter(({ title }) => !title.endsWith('in place')).flatMap(({ backs }) => backs)
  const inPlace = good.filter(({ title }) => title.endsWith('in place')).flatMap(({ backs }) => backs)
  const touched = acts.filter(({ untouched }) => untouched === false)
  const longest = (/** @type {readonly number[]} */ some) => seconds(Math.max(...some))
  return [
    `${total.count} requests in ${Math.round((ended - began) / 60)} min, ${total.failed} failed: ${failed(good)} in upgrades and ways back, ${failed(faulty)} while faults were made`,
    `${operations.length} operations of users, ${operations.filter(({ fine }) => !fine).length} failed`,
    `answers: median ${milliseconds(total.p50)}, 95 of 100 within ${milliseconds(total.p95)}, longest ${seconds(total.longest)}`,
    `longest time between two good answers: ${Object.entries(gaps)
      .map(([name, gap]) => `${name} ${seconds(gap)}`)
      .join(', ')}`,
    ...(beside.length === 0
      ? []
      : [
          `back, from the decision until all replicas are old: ${longest(beside)} at most of ${beside.length}`,
        ]),
    ...(inPlace.length === 0
      ? []
      : [
          `the same where replicas are replaced in their places: ${longest(inPlace)} at most of ${inPlace.length}`,
        ]),
    ...(faulty.length === 0
      ? []
      : [
          `${faulty.length} of ${faulty.length} faults stopped the plan, and its way back brought the old release back in ${longest(faulty.flatMap(({ backs }) => backs))} at most`,
        ]),
    touched.length === 0
      ? 'libraries of the services that did not move: the same bytes before and after'
      : `libraries that changed: ${touched.map(({ title }) => title).join('; ')}`,
  ]
}

/**
 * The same hop in an environment that keystone and glance share, by pip.
 * @param {import('./figures.mjs').Figures} figures @returns {readonly string[]}
 */
export function sharedLines({ shared }) {
  return shared
    .filter(({ what }) => what !== 'begin')
    .flatMap(({ what, seconds: took, status, conflicts, changed, ofGlance, glance }) => [
      `${what}: pip took ${seconds(took)} and answered ${status}; ${changed} distributions changed, ${ofGlance} of them are glance's`,
      `  glance at its first call of the database: ${glance}`,
      `  pip says: ${conflicts.length === 0 ? 'nothing' : `${conflicts.length} conflicts`}`,
      ...conflicts.map((line) => `    ${line}`),
    ])
}

/**
 * The whole report as text.
 * @param {import('./figures.mjs').Figures} figures
 */
export function textReport(figures) {
  const rows = [headings, ...actRows(figures)]
  const keys = /** @type {(keyof typeof headings)[]} */ (Object.keys(headings))
  const widths = Object.fromEntries(keys.map((key) => [key, Math.max(...rows.map((row) => row[key].length))]))
  const table = rows.map((row) =>
    keys
      .map((key) => row[key].padEnd(widths[key] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const errors = figures.requests
    .filter(({ fine }) => !fine)
    .map(({ at, method, path, status, error }) => {
      const act = figures.acts.find((one) => one.at <= at && at <= one.end)
      return `  ${(at - figures.began).toFixed(1)} s  ${method} ${path}  ${status ?? error}  during: ${act?.title ?? 'nothing'}`
    })
  return [
    ...verdictOf(figures),
    '',
    ...table,
    ...(errors.length === 0 ? [] : ['', 'failed requests', ...errors]),
    ...(figures.shared.length === 0 ? [] : ['', 'in one shared environment', ...sharedLines(figures)]),
    '',
  ].join('\n')
}
