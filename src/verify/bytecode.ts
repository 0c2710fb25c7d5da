import { bytecodeForm, bytecodeLabel, bytecodePath, type CompiledFile } from '#layers/bytecode-layer.js'
import type { FoundEnvironment } from './environment.js'
import type { Report } from './finding.js'
import type { ScannedImage } from './scan.js'

/** Whether an image says that it has bytecode; of one that does not, each such file is one too many. */
export function hasBytecode({ config }: ScannedImage): boolean {
  return config.config?.Labels?.get(bytecodeLabel) === bytecodeForm
}

/** The paths that bytecode of the sources in RECORDs may have. */
export function bytecodePaths(
  image: ScannedImage,
  { python, distributions }: FoundEnvironment,
): ReadonlySet<string> {
  const paths = new Set<string>()
  if (!hasBytecode(image)) return paths
  for (const { record } of distributions)
    for (const path of record.keys()) if (path.endsWith('.py')) paths.add(bytecodePath(path, python))
  return paths
}

/** Holds the bytecode of an image against what its Python makes of its sources: nothing else could tell what it does. */
export function checkBytecode(
  image: ScannedImage,
  allowed: ReadonlySet<string>,
  compiled: readonly CompiledFile[],
  report: Report,
): void {
  const made = new Map(compiled.map((file) => [file.path, file]))
  for (const path of allowed) {
    const node = image.tree.get(path)
    const expected = made.get(path)
    if (node === undefined && expected !== undefined) report('bytecode', 'error', 'is missing', path)
    else if (node !== undefined && node.sha256 !== expected?.sha256)
      report('bytecode', 'error', 'is not what the Python of the image makes of its source', path)
  }
}
