/** Draws docs/pictures/way-back.svg: the steps of one plan in their order, until when each can be undone, and by what. */
import { ask, box, colour, text, writePicture } from './draw.mjs'

const target = 'keystone@2025.2'
const fleet = 'fixtures/fleet/two-replicas.yaml'
/** @type {{ plan: import('../../src/index.js').Plan }} */
const { plan } = ask('plan', target, '--fleet', fleet, '--offline')
const [service] = plan.services
if (service === undefined) throw new Error('no service')
const { ahead, window, later } = service
const phases = [
  { name: 'AHEAD', steps: ahead, means: 'nothing that runs is touched' },
  { name: 'WINDOW', steps: window, means: 'what runs is changed' },
  { name: 'LATER', steps: later, means: 'when nobody wants to go back' },
]
const all = phases.flatMap(({ steps }) => steps)
const noReturn = all.findIndex(({ final }) => final !== undefined)

const left = 330
const top = 64
const row = 24
const lines = phases.flatMap(({ name, steps, means }, place) => {
  const before = phases.slice(0, place).reduce((sum, one) => sum + one.steps.length, 0)
  /** @param {number} index */
  const y = (index) => top + (before + index) * row + place * 14
  const bar = box(96, y(0), 4, steps.length * row - 6, place === 1 ? colour.cool : colour.same)
  return [
    bar,
    text(20, y(0) + 13, name, 'font-weight="600"'),
    ...(steps.length > 1 ? [text(20, y(1) + 8, means.split(' ').slice(0, 2).join(' '), 'font-size="9"'), text(20, y(1) + 19, means.split(' ').slice(2).join(' '), 'font-size="9"')] : []),
    ...steps.flatMap((step, index) => {
      const isAfter = before + index >= noReturn && noReturn !== -1
      const fill = isAfter ? colour.bad : colour.good
      return [
        box(110, y(index), 200, row - 6, fill),
        text(118, y(index) + 13, step.id, 'fill="#fff" font-size="11"'),
        text(left, y(index) + 13, (step.final ?? step.undo.means).replace(/ \(.*/, ''), 'font-size="11"'),
      ]
    }),
  ]
})
const height = top + all.length * row + 14 * phases.length + 46
writePicture('way-back', 820, height, [
  text(20, 28, `${target}, step by step: how each is undone`, `font-size="15" font-weight="600" fill="${colour.title}"`),
  ...lines,
  text(20, height - 32, `Green: the old release runs on the database as it is by then, so going back is starting its image again; nothing is built.`),
  text(20, height - 14, `Red: from the point of no return (${all[noReturn]?.id}) only a dump of the database leads back, and what was written since is lost.`),
])
