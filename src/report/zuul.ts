import type { AnalysisResult } from '#collisions/result.js'
import { jsonText } from './json-text.js'
import { isTold, ownPaths, placesOf, sentence, subjectsOf } from './told.js'

/** Comments on one change that a person still reads. */
const mostComments = 50

interface Comment {
  readonly line?: number
  readonly message: string
  readonly level: 'error' | 'warning'
}

/**
 * Data for `zuul_return`: new findings as comments on the lines of the user's own files. Zuul refuses comments on
 * files that a change does not have, so shipped files have none.
 */
export function analysisZuul(result: AnalysisResult): string {
  const own = ownPaths(result)
  const comments = new Map<string, Comment[]>()
  let left = mostComments
  for (const subject of subjectsOf(result))
    for (const finding of subject.findings) {
      if (!isTold(finding) || finding.state !== 'new') continue
      const { main } = placesOf(finding, subject, own)
      if (main === undefined || !own.has(main.path) || main.path.startsWith('/') || left === 0) continue
      left -= 1
      const list = comments.get(main.path) ?? []
      list.push({
        ...(main.line === undefined ? {} : { line: main.line }),
        message: `svcsplit ${finding.rule}: ${subject.name}: ${sentence(finding)} (${finding.id})`,
        level: finding.level === 'error' ? 'error' : 'warning',
      })
      comments.set(main.path, list)
    }
  return jsonText({ zuul: { file_comments: Object.fromEntries(comments) } }, 1)
}
