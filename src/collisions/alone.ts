import { type Closure, type ClosureRequest, closure, type Root } from '#solver/closure.js'

type Alone = Omit<ClosureRequest, 'ownPins'>

const known = new WeakMap<Root, { readonly request: Alone; readonly walked: Closure }>()

/** The closure of a service release under the pins of its own release; the one walked last is kept by its root. */
export function closureAlone(request: Alone): Closure {
  const last = known.get(request.root)
  if (
    last !== undefined &&
    last.request.pins === request.pins &&
    last.request.environment === request.environment &&
    last.request.facts === request.facts
  )
    return last.walked
  const walked = closure(request)
  known.set(request.root, { request, walked })
  return walked
}
