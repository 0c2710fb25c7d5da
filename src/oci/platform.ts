import { SvcsplitError } from '#errors.js'
import { type JsonObject, object, optionalString, string } from './json.js'

/** What an image runs on (image-spec, image-index.md, `platform`). */
export interface Platform {
  /** Go's spelling: `amd64`, `arm64`. */
  readonly architecture: string
  readonly os: string
  readonly variant?: string
}

/** Reads `linux/amd64` or `linux/arm64/v8`. @throws SvcsplitError E-IMG-REF */
export function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text)
  if (match === null)
    throw new SvcsplitError('E-IMG-REF', `${JSON.stringify(text)} is not a platform`, {
      hint: 'a platform is written linux/amd64 or linux/arm64',
    })
  const [, os, architecture, variant] = match
  return { architecture: architecture!, os: os!, ...(variant === undefined ? {} : { variant }) }
}

export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return [os, architecture, variant].filter((part) => part !== undefined).join('/')
}

/** True if an image for `offered` runs on `wanted`; the variant counts only where both name one. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return false
  return offered.variant === undefined || wanted.variant === undefined || offered.variant === wanted.variant
}

export function platformFrom(value: unknown, what: string): Platform {
  const fields = object(value, what)
  const variant = optionalString(fields.variant, `${what} variant`)
  return {
    architecture: string(fields.architecture, `${what} architecture`),
    os: string(fields.os, `${what} os`),
    ...(variant === undefined ? {} : { variant }),
  }
}

export function platformJson(platform: Platform): JsonObject {
  return { architecture: platform.architecture, os: platform.os, variant: platform.variant }
}
