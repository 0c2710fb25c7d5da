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

/** Columns of the table, in their order. */
export const columns = /** @type {readonly (keyof typeof headings)[]} */ (Object.keys(headings))

/**
 * The verdict, in words.
 * @param {import('./figures.mjs').Figures} figures
 */
export function verdictOf({ total, operations, acts, began, ended, gaps }) {
  const good = acts.filter(({ fault }) => fault === undefined)
  const faulty = acts.filter(({ fault }) => fault !== undefined)
  const failed = (/** @type {typeof acts} */ some) =>
    some.reduce((sum, { answers }) => sum + answers.failed, 0)
  const touched = acts.filter(({ untouched }) => untouched === false)
  /** A line of the longest way back, none where there was none. */
  const longest = (
    /** @type {typeof acts} */ some,
    /** @type {(longest: string, count: number) => string} */ line,
  ) => {
    const backs = some.flatMap((act) => act.backs)
    return backs.length === 0 ? [] : [line(seconds(Math.max(...backs)), backs.length)]
  }
  return [
    `${total.count} requests in ${Math.round((ended - began) / 60)} min, ${total.failed} failed: ${failed(good)} in upgrades and ways back, ${failed(faulty)} while faults were made`,
    `${operations.length} operations of users, ${operations.filter(({ fine }) => !fine).length} failed`,
    `answers: median ${milliseconds(total.p50)}, 95 of 100 within ${milliseconds(total.p95)}, longest ${seconds(total.longest)}`,
    `longest time between two good answers: ${Object.entries(gaps)
      .map(([name, gap]) => `${name} ${seconds(gap)}`)
      .join(', ')}`,
    ...longest(
      good.filter(({ inPlace }) => !inPlace),
      (time, count) => `back, from the decision until all replicas are old: ${time} at most of ${count}`,
    ),
    ...longest(
      good.filter(({ inPlace }) => inPlace),
      (time, count) => `the same where replicas are replaced in their places: ${time} at most of ${count}`,
    ),
    ...longest(
      faulty,
      (time, count) =>
        `faults that stopped the plan: ${count}, and its way back brought the old release back in ${time} at most`,
    ),
    ...(touched.length > 0
      ? [`libraries that changed: ${touched.map(({ title }) => title).join('; ')}`]
      : acts.some(({ untouched }) => untouched)
        ? ['libraries of the services that did not move: the same bytes before and after']
        : []),
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
  const widths = Object.fromEntries(
    columns.map((key) => [key, Math.max(...rows.map((row) => row[key].length))]),
  )
  const table = rows.map((row) =>
    columns
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
