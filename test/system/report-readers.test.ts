import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../support/tools.js'

const main = join(import.meta.dirname, '../../dist/cli/svcsplit.cjs')
const readers = needs('python3')

/** What each format says, read by programs that know nothing of svcsplit; the same numbers come out of the JSON. */
const script = `
import json, sys, importlib.util
from collections import Counter
from junitparser import JUnitXml, Failure, Skipped
from sarif import loader
out = {}
sarif = loader.load_sarif_file(sys.argv[1])
report = sarif.get_report()
out["sarif"] = {level: report.get_issue_count_for_severity(level) for level in ("error", "warning", "note")}
out["sarif_tools"] = list(sarif.get_distinct_tool_names())
xml = JUnitXml.fromfile(sys.argv[2])
cases = [case for suite in xml for case in suite]
kinds = Counter(type(one).__name__ for case in cases for one in case.result)
out["junit"] = {"tests": xml.tests, "cases": len(cases), "failures": xml.failures, "Failure": kinds["Failure"],
                "Skipped": kinds["Skipped"], "passed": sum(1 for case in cases if case.is_passed)}
# Zuul's own check of what a job returns, out of its wheel: the executor refuses what this refuses.
spec = importlib.util.find_spec("zuul.lib.filecomments")
comments = importlib.util.module_from_spec(spec)
spec.loader.exec_module(comments)
data = json.load(open(sys.argv[3]))["zuul"]["file_comments"]
comments.validate(data)
out["zuul"] = sorted(comments.extractLines(data))
print(json.dumps(out))
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-readers-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A Python with the readers, at fixed versions; made once and kept with the other caches of system tests. */
function python(): string {
  const venv = join(process.env.SVCSPLIT_CACHE_DIR!, 'report-readers')
  const program = join(venv, 'bin', 'python')
  const pip = join(venv, 'bin', 'pip')
  if (!existsSync(join(venv, 'complete'))) {
    execFileSync('python3', ['-m', 'venv', venv])
    // Without what draws their charts and runs their servers: here they only read.
    const wanted = ['junitparser==5.0.3', 'sarif-tools==3.0.5', 'jsonpath-ng==1.7.0', 'ply==3.11']
    const more = ['PyYAML==6.0.2', 'voluptuous==0.15.2', 'zuul==14.3.0']
    execFileSync(pip, ['install', '--quiet', '--no-deps', ...wanted, ...more])
    writeFileSync(join(venv, 'complete'), '')
  }
  return program
}

describe.skipIf(readers.missing)(readers.title('results of a gate read by other programs'), () => {
  it('have the findings that the JSON has', () => {
    const [sarif, junit, zuul, json] = ['a.sarif', 'a.xml', 'zuul.json', 'a.json'].map((name) =>
      join(folder, name),
    )
    writeFileSync(join(folder, 'api.txt'), 'oslo.utils>=8.0\n<b>\n'.replace('<b>\n', 'oslo.policy>=99\n'))
    writeFileSync(join(folder, 'policy.yaml'), 'hosts:\n  - {release: "2025.1", requirements: api.txt}\n')
    const run = spawnSync(
      process.execPath,
      [main, 'gate', '--policy', 'policy.yaml', '--offline'].concat(
        [`sarif=${sarif}`, `junit=${junit}`, `zuul=${zuul}`, `json=${json}`].flatMap((output) => [
          '-o',
          output,
        ]),
      ),
      { cwd: folder, encoding: 'utf8' },
    )
    expect(run.stderr).toBe('')
    expect(run.status).toBe(1)
    const read = JSON.parse(
      execFileSync(python(), ['-c', script, sarif!, junit!, zuul!], { encoding: 'utf8' }),
    )
    expect(read.sarif_tools).toEqual(['svcsplit'])
    expect(read.sarif).toEqual({ error: 1, warning: 0, note: 0 })
    expect(read.junit).toMatchObject({ failures: 1, Failure: 1, Skipped: 0 })
    expect(read.junit.cases).toBe(read.junit.tests)
    expect(read.junit.passed).toBe(read.junit.tests - 1)
    expect(read.zuul).toEqual([['api.txt', 2]])
  })
})
