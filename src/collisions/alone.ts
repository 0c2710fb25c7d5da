import { type Closure, type ClosureRequest, closure } from '#solver/closure.js'

type Alone = Omit<ClosureRequest, 'ownPins'>

let last: { readonly request: Alone; readonly walked: Closure } | undefined

/**
 * The closure of a service release under the pins of its own release. The one walked last is kept: all questions on one
 * service release follow one another, and of thousands all closures would be most of the memory.
 */
export function closureAlone(request: Alone): Closure {
  if (
    last !== undefined &&
    last.request.root === request.root &&
    last.request.pins === request.pins &&
    last.request.environment === request.environment &&
    last.request.facts === request.facts
  )
    return last.walked
  const walked = closure(request)
  last = { request, walked }
  return walked
}
