import type { BuildOutcome, BuiltImage, FailedImage } from '#verbs/build.js'
import { bytesText } from './bytes.js'

function ownBytes({ layers }: BuiltImage): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0)
}

function summaryOf(image: BuiltImage): string[] {
  const { base, layers, cache, newBytes } = image
  const made = layers.filter((layer) => layer.made)
  const fresh = made.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    `${image.name}  ${image.digest}`,
    `  ${image.distributions} distributions in ${layers.length} layers, ${bytesText(ownBytes(image))}, on ${base.name} (${bytesText(base.bytes)})`,
    made.length === 0
      ? '  every layer had been made before'
      : `  ${cache.misses} of ${layers.length} layers are new, ${bytesText(fresh)}`,
    newBytes === 0 ? '  the destination had it all' : `  ${bytesText(newBytes)} went to the destination`,
    ...(image.platforms ?? []).map(({ platform, digest }) => `  ${platform}  ${digest}`),
    ...(image.platforms ?? [image]).flatMap(proofOf),
    ...image.built.map(
      ({ name, version, sha256 }) => `  built from its sdist: ${name} ${version}  sha256:${sha256}`,
    ),
  ]
}

/** That an image holds its lock and starts, and what a person should look at nevertheless. */
function proofOf({ platform, proof }: Pick<BuiltImage, 'platform' | 'proof'>): string[] {
  if (proof === undefined) return []
  const { start, findings, cached } = proof
  const { engine, reason, scripts, modules, commands } = start
  const ran =
    engine === 'none'
      ? `holds its lock; not started: ${reason ?? ''}`
      : `holds its lock and starts (${engine}): ${scripts} scripts, ${modules} WSGI modules, ${commands} programs`
  return [
    `  ${platform} ${ran}${cached ? ', as proved before' : ''}`,
    // That nothing runs it here has just been said.
    ...findings
      .filter(({ rule }) => engine !== 'none' || rule !== 'start')
      .map(
        ({ rule, path, message }) => `  warning  ${rule}  ${path === undefined ? '' : `${path}: `}${message}`,
      ),
  ]
}

/** The first line of an error, and where the rest is. */
function failureOf({ error, log }: FailedImage): string {
  return `${error.code} ${error.message.split('\n')[0]} (${log})`
}

function proofWord({ platforms, proof }: BuiltImage): string {
  const proofs = (platforms ?? [{ proof }]).map((one) => one.proof)
  if (proofs.includes(undefined)) return 'not asked for'
  const warnings = proofs.reduce((sum, one) => sum + one!.findings.length, 0)
  const started = proofs.every((one) => one!.start.engine !== 'none') ? 'started' : 'not started'
  return warnings === 0 ? started : `${started}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
}

function tableOf(outcomes: readonly BuildOutcome[]): string[] {
  const rows = outcomes.map((outcome) =>
    'error' in outcome
      ? [outcome.name, failureOf(outcome)]
      : [
          outcome.name,
          bytesText(outcome.size),
          bytesText(outcome.newBytes),
          `${outcome.cache.misses}/${outcome.layers.length}`,
          outcome.seconds.toFixed(1),
          proofWord(outcome),
          outcome.digest,
        ],
  )
  const head = ['image', 'size', 'new', 'layers made', 'seconds', 'proof', 'digest']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.filter((row) => row.length > 2).map((row) => row[column]?.length ?? 0)),
  )
  const first = Math.max(widths[0]!, ...rows.map(([name]) => name!.length))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        if (column === 0) return cell.padEnd(first)
        return column === cells.length - 1 ? cell : cell.padStart(widths[column]!)
      })
      .join('  ')
  return [line(head), ...rows.map(line)]
}

/** What became of a build; `destination` as the user wrote it. */
export function buildText(outcomes: readonly BuildOutcome[], destination: string): string {
  const [only] = outcomes
  if (outcomes.length === 1 && only !== undefined && !('error' in only))
    return [...summaryOf(only), `written to ${destination}`, ''].join('\n')
  const failed = outcomes.filter((outcome) => 'error' in outcome).length
  const built = outcomes.length - failed
  const count = `${built} ${built === 1 ? 'image' : 'images'} written to ${destination}`
  return [...tableOf(outcomes), failed === 0 ? count : `${count}, ${failed} failed`, ''].join('\n')
}
