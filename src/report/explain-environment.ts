import type { ExplainedEnvironment } from '#verbs/explain-environment.js'
import { conflictJson } from './conflict-json.js'
import { conflictText } from './conflict-text.js'
import { findingJson } from './json.js'
import { placeOf } from './radius-text.js'
import { wordsOf } from './rule-words.js'
import { nextCommands, painter, type TextOptions, wrapTo } from './terminal.js'

/** A finding of services together for a person: which they are, who wants it, the proof and what to do. */
export function environmentText(result: ExplainedEnvironment, options: TextOptions): string {
  const { finding, environment, conflict, python, platform, policy } = result
  const { services } = environment
  const paint = painter(options)
  const names = finding.rule === 'not-separate' ? finding.demand.by : services.join('  ')
  return [
    `${paint('red', `${finding.rule} ${finding.id}`)}   ${paint('bold', environment.name)} · Python ${python} · ${platform}`,
    wrapTo(wordsOf(finding.rule).meaning, options.width, 0),
    '',
    `${paint('bold', 'services')}  ${wrapTo(names, options.width, 10)}`,
    `${paint('bold', 'asked by')}  ${placeOf(environment.at) || policy}`,
    '',
    ...(conflict === undefined
      ? [
          `  fix  name them in two environments of ${policy}, or take them off the list that wants them apart`,
          '',
        ]
      : [conflictText(conflict, 'conflict', options)]),
    nextCommands(
      finding.rule === 'unsatisfiable'
        ? [`svcsplit share ${services.join(' ')}`]
        : [`svcsplit gate --policy ${policy}`],
      options.width,
    ),
    '',
  ].join('\n')
}

/** The finding as in `gate -o json`, and its proof. */
export function environmentJson(result: ExplainedEnvironment): string {
  const { finding, environment, conflict, python, platform, inputs, toolVersion } = result
  const { name, services, sharable } = environment
  const document = {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: toolVersion },
    inputs,
    target: { host: { python, platform }, environment: { name, services, sharable } },
    finding: findingJson(finding, { environment: name }),
    meaning: wordsOf(finding.rule).meaning,
    ...(conflict === undefined ? {} : { conflict: conflictJson(conflict) }),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}
