import { SvcsplitError } from '#errors.js'
import { pathInSet } from '#io/file-set.js'
import { existsSync, readTextSync } from '#io/files.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { type Block, readBlocks } from './blocks.js'
import { parseBoundBlock } from './bound-block.js'
import { surfaceFiles, surfaceHeaders } from './headers.js'
import { parseImportBlock } from './import-block.js'
import { parseUsedBlock } from './used-block.js'

const readers: Readonly<Record<keyof typeof surfaceFiles, (block: Block) => void>> = {
  // what is otherwise parsed when it is asked for is asked for
  used(block) {
    const { names, undeclared, unread } = parseUsedBlock(block)
    for (const { places } of [...names, ...undeclared, ...unread])
      for (const position of block.versions.keys()) places(position)
  },
  bound: (block) => parseBoundBlock(block).all(),
  imports: (block) => parseImportBlock(block).parseAll(),
}

/**
 * What is wrong with the name files in a folder, one sentence each: a line that cannot be read, blocks that are not in
 * order, a version that the facts do not know. A folder without any of the files has nothing wrong.
 */
export function surfaceProblems(
  dir: string,
  isKnown: (name: DistributionName, version: string) => boolean,
): readonly string[] {
  const kinds = Object.keys(readers) as (keyof typeof surfaceFiles)[]
  const there = kinds.filter((kind) => existsSync(pathInSet(dir, surfaceFiles[kind])))
  if (there.length === 0) return []
  return kinds.flatMap((kind) => {
    const file = surfaceFiles[kind]
    return there.includes(kind) ? fileProblems(dir, kind, isKnown) : [`${file} is missing`]
  })
}

function fileProblems(
  dir: string,
  kind: keyof typeof surfaceFiles,
  isKnown: (name: DistributionName, version: string) => boolean,
): readonly string[] {
  const file = surfaceFiles[kind]
  const path = pathInSet(dir, file)
  const problems: string[] = []
  try {
    const text = readTextSync(path)
    const blocks = readBlocks(text, path, surfaceHeaders[kind])
    const names = [...blocks.keys()]
    const inOrder = names.every((name, index) => index === 0 || names[index - 1]! < name)
    const headers = text.split('\n').filter((line) => line !== '' && !/^[# ]/.test(line)).length
    if (!text.startsWith(`${surfaceHeaders[kind]}\n`) || !inOrder || headers !== names.length)
      problems.push(`${file} is not as catalog update writes it`)
    for (const [name, block] of blocks) {
      readers[kind](block)
      for (const version of block.versions)
        if (!isKnown(normalizeName(name), version)) problems.push(`${file}: ${name} ${version} is not known`)
    }
  } catch (error) {
    if (!(error instanceof SvcsplitError) || error.code !== 'E-CAT-FORM') throw error
    const line = error.at !== undefined && 'line' in error.at ? `:${error.at.line}` : ''
    problems.push(`${file}${line}: ${error.message}`)
  }
  return problems
}
