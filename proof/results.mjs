import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What says that a folder is one of results, and may be written anew. */
const sign = 'results-of-the-proof'

/** What a run writes there. */
const written = [
  ...[sign, 'order.json', 'events.jsonl', 'requests.jsonl', 'shared.json', 'failure.txt', 'logs'],
  ...['report.txt', 'report.html', 'timeline.svg'],
]

/**
 * Makes the folder of a run's results, without those of an older one.
 * @param {string} out
 * @throws for a folder with anything that no run has written there
 */
export function beginResults(out) {
  const names = existsSync(out) ? readdirSync(out) : []
  const strange = names.filter((name) => !written.includes(name))
  if (names.length > 0 && (strange.length > 0 || !names.includes(sign)))
    throw new Error(`${out} is not a folder of results: ${(strange.length > 0 ? strange : names).join(', ')}`)
  for (const name of names) rmSync(join(out, name), { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, sign), '')
}
