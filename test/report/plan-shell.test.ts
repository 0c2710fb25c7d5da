import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { wayBackShell } from '#report/plan-shell.js'
import type { Step } from '#upgrade/plan.js'

function step(id: string, commands: readonly string[], more: Partial<Step> = {}): Step {
  return {
    id,
    service: 'x',
    phase: 'check',
    title: `it's "${id}" $HOME`,
    commands,
    answers: [
      { code: 0, do: 'go on', means: 'well' },
      { code: 1, do: 'look', means: 'warnings' },
      { code: 2, do: 'stop', means: 'failed' },
    ],
    seconds: 1,
    limit: 2,
    undo: { means: 'nothing', commands: [] },
    ...more,
  }
}

/** The script of some steps, run with arguments. */
function carryOut(steps: readonly Step[], ...args: readonly string[]) {
  const script = wayBackShell({ kind: 'back', service: 'x', from: 'b', to: 'a', by: 'undo', steps })
  const { status, stdout, stderr } = spawnSync('sh', ['-s', '--', ...args], {
    input: script,
    encoding: 'utf8',
  })
  return {
    status,
    stdout: stdout.split('\n').filter((line) => line !== '' && !line.startsWith('==')),
    stderr,
  }
}

describe('a plan as a script', () => {
  it('carries out each command, and goes on after a warning', () => {
    const steps = [step('a', ["echo 'one  two'", 'exit 1']), step('b', ['echo "$((1 + 2))"'])]
    expect(carryOut(steps)).toMatchObject({ status: 0, stdout: ['one  two', '3'], stderr: '' })
  })

  it.each([
    ['the last command answers with stop', ['echo a', 'exit 2']],
    ['the last command answers with a code that nobody knows', ['exit 77']],
    ['a command before the last fails, whatever its code would mean', ['exit 1', 'echo never']],
  ])('ends where %s', (_, commands) => {
    const run = carryOut([step('a', commands), step('b', ['echo never'])])
    expect(run.status).toBe(1)
    expect(run.stdout).not.toContain('never')
    expect(run.stderr).toMatch(/== a answered \d+: stop/)
  })

  it('carries out the steps that are named, and others that are optional only then', () => {
    const steps = [
      step('a', ['echo a']),
      step('b', ['echo b']),
      step('c', ['echo c'], { optional: 'when asked', final: "it's gone" }),
    ]
    expect(carryOut(steps).stdout).toEqual(['a', 'b'])
    expect(carryOut(steps, 'b').stdout).toEqual(['b'])
    expect(carryOut(steps, 'a', 'c').stdout).toEqual(['a', 'c'])
  })

  it('does nothing where a name is none of its steps: it may be a slip', () => {
    const run = carryOut([step('a', ['echo a']), step('b', ['echo b'])], 'a', 'c')
    expect(run).toMatchObject({ status: 2, stdout: [] })
    expect(run.stderr).toContain('there is no step c to be done')
  })
})
