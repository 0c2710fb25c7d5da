import type { ErrorCode } from '#errors.js'
import { writeWheel } from '../support/wheel-writer.js'
import { layout } from './base-image.js'
import type { Files, Row } from './row.js'

/** The least of `glance`, to be built on a base. */
export const leastWheel = writeWheel([{ name: 'glance/a.py', content: 'a = 1\n' }], {
  name: 'glance',
  version: '30.0.0',
})

/** Builds an image from a lock that lies there, with wheels of the index of the row. */
export const buildArgs = (base = 'oci:base', output = 'oci:out'): readonly string[] => [
  ...['build', 'glance@2025.1', '--lock', 'pylock.toml', '--base', base, '--index-url', '{index}'],
  ...['--no-verify', '-o', output, '--no-progress'],
]

/** What a build leaves: an image, or the code of what it refuses. */
export function buildAnswer(code: ErrorCode | undefined): Pick<Row, 'exit' | 'code' | 'writes'> {
  return code === undefined ? { exit: 0, writes: ['out'] } : { exit: 4, code }
}

/** Builds on a base that is as it should be, with wheels that the index has. */
export function buildRow(
  id: string,
  given: string,
  { files, index }: { readonly files: () => Files; readonly index: Row['index'] },
  answer: Pick<Row, 'exit'> & Partial<Row>,
): Row {
  return {
    id,
    given,
    files: () => ({ base: layout(), ...files() }),
    ...(index === undefined ? {} : { index }),
    args: buildArgs(),
    ...answer,
  }
}
