import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Packed, unpack } from '#report/html/pack.js'
import { planPage } from '#report/html/plan-page.js'
import type { RunBook } from '#report/html/run-book.js'
import { planJson } from '#report/plan-json.js'
import { type Plan, stepsOf } from '#upgrade/plan.js'
import { planSchema } from '#upgrade/plan-schema.js'
import { smallPlan } from '../../export/plan-fixture.js'

const shell = { script: 'void 0', style: 'p{}' }

function bookIn(html: string): RunBook {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!
  return unpack((JSON.parse(json) as { packed: Packed }).packed) as RunBook
}

describe('the run book as a page', () => {
  let plan: Plan

  beforeAll(async () => {
    plan = await smallPlan()
  })

  it('has every step with its commands, codes and undo, in order, and every service that stays', () => {
    const book = bookIn(planPage(plan, new Map([['glance/check-1', 'failed']]), shell))
    const steps = book.services.flatMap(({ stages }) =>
      stages.filter(({ key }) => key !== 'restore').flatMap((stage) => stage.steps),
    )
    const planned = plan.services.flatMap(stepsOf)
    expect(steps.map(({ id, commands, undo }) => [id, commands, undo])).toEqual(
      planned.map(({ id, commands, undo }) => [id, commands, undo]),
    )
    expect(steps.filter(({ final }) => final !== undefined).map(({ id }) => id)).toEqual(
      planned.filter(({ final }) => final !== undefined).map(({ id }) => id),
    )
    expect(steps.filter(({ result }) => result !== undefined).map(({ id }) => id)).toEqual(['glance/check-1'])
    expect(book.untouched.map(({ service, sha256 }) => [service, sha256])).toEqual(
      plan.untouched.map(({ service, libraries }) => [service, libraries.sha256]),
    )
  })

  it('tells readers without scripts every command', () => {
    const plain = /<noscript>(.*)<\/noscript>/s.exec(planPage(plan, new Map(), shell))![1]!
    for (const { commands } of plan.services.flatMap(stepsOf))
      for (const command of commands)
        expect(plain).toContain(
          command.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)!.toString()};`),
        )
  })

  it('is described by the schema, which refuses what could hide in a command', () => {
    const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(planSchema)
    const document = JSON.parse(planJson(plan)) as {
      plan: { services: { window: { commands: string[] }[] }[] }
    }
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
    document.plan.services[0]!.window[0]!.commands[0] += '\r\u001b[2K'
    expect(validate(document)).toBe(false)
  })
})
