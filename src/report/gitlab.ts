import type { Level } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import { jsonText } from './json-text.js'
import { fallbackPath, isTold, ownPaths, placesOf, sentence, subjectsOf } from './told.js'

const severities: Readonly<Record<Level, string>> = { error: 'major', warning: 'minor', note: 'info' }

/**
 * GitLab's code quality report: what is new, since GitLab compares two reports itself and what is waived or known
 * is no news. Fingerprints are ids, which differ between findings.
 */
export function analysisGitlab(result: AnalysisResult): string {
  const own = ownPaths(result)
  const issues = subjectsOf(result).flatMap((subject) =>
    subject.findings
      .filter((finding) => isTold(finding) && finding.state === 'new')
      .map((finding) => {
        const { main } = placesOf(finding, subject, own)
        return {
          description: `${subject.name}: ${sentence(finding)}`,
          check_name: `svcsplit/${finding.rule}`,
          fingerprint: finding.id,
          severity: severities[finding.level],
          location: {
            path: main?.path ?? fallbackPath(finding, result),
            lines: { begin: main?.line ?? 1 },
          },
        }
      }),
  )
  return jsonText(issues, 1)
}
