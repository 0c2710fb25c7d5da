import { expect, test } from 'vitest'
import type { Finding, Level } from '#collisions/finding.js'
import { judge, levelUnder, type Threshold } from '#collisions/verdict.js'
import { gate } from '#verbs/gate.js'

const options = {
  services: ['ironic@2024.1'],
  host: '2026.1',
  python: '3.11',
  platform: 'linux/amd64' as const,
  index: { offline: true },
  isPythonAsked: false,
  isPlatformAsked: false,
  writeBaseline: false,
  pruneBaseline: false,
  strict: false,
  allowIncomplete: true,
  today: '2026-11-25',
}

function brokenIn(findings: readonly Finding[]): readonly Level[] {
  return findings.filter(({ rule }) => rule === 'broken-import').map(({ level }) => level)
}

test('A name that is needed only when it is called stays a warning under a gate that fails on errors', async () => {
  const { verdict, cells } = await gate({ ...options, services: ['cinder@2025.2'] })
  const findings = cells.flatMap((cell) => cell.findings)
  const levels = brokenIn(findings)
  expect(levels.filter((level) => level === 'warning').length).toBeGreaterThan(0)
  expect(verdict.new).toBe(findings.filter(({ level }) => level === 'error').length)
})

test('A number in the policy is one of all findings of a rule, whatever their level', async () => {
  const result = await gate({ ...options, services: ['cinder@2025.2'], failOn: ['none'] })
  const found = brokenIn(result.cells.flatMap(({ findings }) => findings)).length
  const threshold: Threshold = { failOn: [], levels: new Map(), allowed: new Map([['broken-import', 0]]) }
  const { excess } = judge(result, { ...result.verdict, threshold, allowIncomplete: true })
  expect(excess).toEqual([{ rule: 'broken-import', found, allowed: 0 }])
  expect(levelUnder(threshold, 'broken-import')).toBe('error')
})
