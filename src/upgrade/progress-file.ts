import { SvcsplitError } from '#errors.js'
import type { Progress } from './progress.js'

function broken(path: string, what: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-PLN-STATE', `the record of progress cannot be read: ${what}`, {
    at: { path },
    hint: 'svcsplit writes it; name another file to begin anew',
    ...(cause === undefined ? {} : { cause }),
  })
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
/** Commands are printed to be typed: nothing may be hidden in them. */
const isLine = (value: unknown): value is string => isText(value) && !/[\u0000-\u001f\u007f]/.test(value)

function isStep(value: unknown): boolean {
  return (
    isObject(value) &&
    ['id', 'service', 'phase', 'title'].every((key) => isLine(value[key])) &&
    Array.isArray(value.commands) &&
    value.commands.every(isLine) &&
    Array.isArray(value.answers) &&
    ['seconds', 'limit'].every((key) => typeof value[key] === 'number') &&
    isObject(value.undo) &&
    isText(value.undo.means) &&
    Array.isArray(value.undo.commands) &&
    value.undo.commands.every(isLine)
  )
}

function isService(value: unknown): boolean {
  return (
    isObject(value) &&
    ['service', 'from', 'to'].every((key) => isLine(value[key])) &&
    ['ahead', 'window', 'later', 'restore'].every((key) => {
      const steps = value[key]
      return Array.isArray(steps) && steps.every(isStep)
    })
  )
}

/** A record that `plan --state` has written, from its text. @throws E-PLN-STATE */
export function parseProgress(text: string, path: string): Progress {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw broken(path, 'not JSON', cause)
  }
  if (!isObject(raw) || raw.format !== 'svcsplit progress 1') throw broken(path, 'another format')
  const { plan, steps } = raw
  if (!isObject(plan) || !Array.isArray(plan.services) || !plan.services.every(isService))
    throw broken(path, 'its plan is incomplete')
  const known = new Set(
    (plan.services as readonly Record<'ahead' | 'window' | 'later', readonly { id: string }[]>[]).flatMap(
      ({ ahead, window, later }) => [...ahead, ...window, ...later].map(({ id }) => id),
    ),
  )
  if (
    !Array.isArray(steps) ||
    !steps.every(
      (one) =>
        isObject(one) &&
        isText(one.step) &&
        known.has(one.step) &&
        ['done', 'failed'].includes(String(one.result)),
    )
  )
    throw broken(path, 'it has steps that its plan has not')
  return raw as unknown as Progress
}
