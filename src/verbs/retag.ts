import { SvcsplitError } from '#errors.js'
import type { HttpOptions } from '#io/http.js'
import type { Progress } from '#progress.js'
import { parsePlace } from '#registry/destination.js'
import { openRegistry, type RetagSummary } from '#registry/registry.js'

export interface RetagRequest {
  /** The image, by tag or digest. */
  readonly reference: string
  readonly tag: string
  readonly plainHttp?: boolean
  readonly http?: HttpOptions
  readonly progress?: Progress
}

/** Moves a tag to an image that the registry has, without moving a byte of a blob. @throws E-REG-*, E-IMG-REF, E-NET-* */
export async function retag(request: RetagRequest): Promise<RetagSummary> {
  const place = parsePlace(request.reference)
  if (place.kind !== 'registry')
    throw new SvcsplitError('E-IMG-REF', `${request.reference} is not in a registry`, {
      hint: 'write registry.example/project/name:tag',
    })
  const { plainHttp, progress, http } = request
  const registry = openRegistry({
    ...http,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(progress === undefined ? {} : { progress }),
  })
  try {
    return await registry.retag(place.reference, request.tag)
  } finally {
    await registry.close()
  }
}
