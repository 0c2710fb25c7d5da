import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeZip, type ZipPart, type ZipShape } from './zip-writer.js'

export interface WheelShape extends ZipShape {
  readonly name?: string
  readonly version?: string
  readonly tag?: string
  /** Whole files of `.dist-info` instead of the right ones; undefined leaves the file out. */
  readonly metadata?: string | undefined
  readonly wheel?: string | undefined
  readonly entryPoints?: string
  readonly distInfo?: string
  /** Gets the lines that would be right. */
  readonly record?: (lines: readonly string[]) => readonly string[] | undefined
}

export interface WrittenWheel {
  readonly filename: string
  readonly bytes: Buffer
  readonly sha256: string
}

/** A wheel of the given parts with a right RECORD, bent where the shape says so. */
export function writeWheel(parts: readonly ZipPart[], shape: WheelShape = {}): WrittenWheel {
  const name = shape.name ?? 'demo'
  const version = shape.version ?? '1.0'
  const info = shape.distInfo ?? `${name}-${version}.dist-info`
  const all: ZipPart[] = [...parts]
  const metadata =
    'metadata' in shape ? shape.metadata : `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`
  const wheel =
    'wheel' in shape
      ? shape.wheel
      : 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'
  if (metadata !== undefined) all.push({ name: `${info}/METADATA`, content: metadata })
  if (wheel !== undefined) all.push({ name: `${info}/WHEEL`, content: wheel })
  if (shape.entryPoints !== undefined)
    all.push({ name: `${info}/entry_points.txt`, content: shape.entryPoints })
  const right = all
    .filter((part) => !part.name.toString().endsWith('/'))
    .map((part) => recordLine(part.name.toString(), Buffer.from(part.content ?? '')))
  right.push(`${info}/RECORD,,`)
  const record = shape.record === undefined ? right : shape.record(right)
  if (record !== undefined) all.push({ name: `${info}/RECORD`, content: `${record.join('\n')}\n` })
  const bytes = writeZip(all, shape)
  const filename = `${name}-${version}-${shape.tag ?? 'py3-none-any'}.whl`
  return { filename, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

export function recordLine(name: string, content: Buffer): string {
  const path = name.includes(',') ? `"${name}"` : name
  return `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${content.length}`
}

/** Puts a wheel on disk, as a store by digest would. @returns its path */
export function saveWheel(dir: string, wheel: WrittenWheel): string {
  const path = join(dir, wheel.sha256)
  writeFileSync(path, wheel.bytes)
  return path
}
