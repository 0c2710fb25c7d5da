import { SvcsplitError, visible } from '#errors.js'
import { parsePlace } from '#registry/destination.js'
import { type CopyRequest, type CopyResult, copy } from './copy.js'

/**
 * An image of a layout to a registry, with what refers to it unless that is not wanted.
 * @throws E-IMG-REF when the places are others; all that `copy` throws
 */
export async function push(request: CopyRequest): Promise<CopyResult> {
  if (parsePlace(request.from).kind !== 'layout') throw wrongPlace(request.from, 'oci:DIR or oci:DIR:NAME')
  if (parsePlace(request.to).kind !== 'registry')
    throw wrongPlace(request.to, 'registry:registry.example/project/name:tag')
  return copy({ ...request, referrers: request.referrers ?? true })
}

/** An image of a registry into a layout. @throws as `push` */
export async function pull(request: CopyRequest): Promise<CopyResult> {
  if (parsePlace(request.from).kind !== 'registry')
    throw wrongPlace(request.from, 'registry.example/project/name:tag')
  if (parsePlace(request.to).kind !== 'layout') throw wrongPlace(request.to, 'oci:DIR or oci:DIR:NAME')
  return copy(request)
}

function wrongPlace(text: string, wanted: string): SvcsplitError {
  return new SvcsplitError('E-IMG-REF', `${visible(JSON.stringify(text))} cannot stand here`, {
    hint: `write ${wanted}; to copy otherwise, see svcsplit copy --help`,
  })
}
