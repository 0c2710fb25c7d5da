/**
 * The part of the proof that runs without a network but loopback, and among processes of its own: started by
 * run.mjs as `inside.mjs ORDER.json`.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCloud } from './cloud.mjs'
import { play } from './play.mjs'
import { imagesOf, long, short } from './scenarios.mjs'

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const { root, work, out, layout, client, driver } = order
const scenario = order.short ? short : long
const began = performance.now()
const say = (/** @type {string} */ text) =>
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)}  ${text}\n`)
const note = (/** @type {object} */ event) =>
  appendFileSync(join(out, 'events.jsonl'), `${JSON.stringify(event)}\n`)

const record = join(out, 'requests.jsonl')
const images = imagesOf(scenario)
try {
  const cloud = await startCloud({ root, work, layout, client, driver, scenario, images, note, say })
  await play(cloud, scenario, { root, work, client, record, note, say })
  say('done')
  process.exit(0)
} catch (error) {
  writeFileSync(
    join(out, 'failure.txt'),
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  )
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  // Whatever was started ends with this process: it is the first one of its namespace but for the shell.
  process.exit(1)
}
