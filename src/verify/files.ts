import { readImageFiles } from '#image/read-files.js'
import { systemModulesPath } from '#layers/system-modules.js'
import { type HashAlgorithm, hashOf, isUnhashed, type RecordRow } from '#wheels/record.js'
import { bytecodePaths } from './bytecode.js'
import type { FoundEnvironment } from './environment.js'
import type { Report } from './finding.js'
import { isBelow, type ScannedImage } from './scan.js'
import { parents, type TreeNode } from './tree.js'

/**
 * Holds every file of the environment against the RECORD that names it: all there, unchanged, with the modes
 * that an installation gives, and nothing that no RECORD names.
 * @returns how many files were compared
 */
export async function checkFiles(
  image: ScannedImage,
  environment: FoundEnvironment,
  report: Report,
): Promise<number> {
  const named = new Set<string>()
  const others = new Map<string, { readonly row: RecordRow; readonly name: string }>()
  for (const { name, folder, record } of environment.distributions) {
    for (const [path, row] of record) {
      named.add(path)
      const node = image.tree.get(path)
      if (node?.type !== 'file') {
        report(
          'record',
          'error',
          `${name} lists the file, and it is ${node === undefined ? 'absent' : 'something else'}`,
          path,
        )
        continue
      }
      if (row.size !== undefined && row.size !== node.size)
        report('record', 'error', `has ${node.size} bytes, and the RECORD of ${name} says ${row.size}`, path)
      else if (row.hash?.algorithm === 'sha256') {
        if (row.hash.value !== node.sha256)
          report('record', 'error', `is not the file that the RECORD of ${name} names`, path)
      } else if (row.hash !== undefined) others.set(path, { row, name })
      else if (!isUnhashed(path, folder)) report('record', 'error', `the RECORD of ${name} has no hash`, path)
    }
  }
  await checkOtherHashes(image, others, report)
  const bytecode = bytecodePaths(image, environment)
  const known = new Set([...named, ...[...bytecode].filter((path) => image.tree.has(path))])
  const folders = new Set([...known].flatMap(parents))
  const skeleton = skeletonOf(image.prefix, environment.python)
  if (environment.systemModules.length > 0)
    skeleton.add(systemModulesPath({ prefix: image.prefix, python: environment.python }))
  for (const [path, node] of image.tree) {
    if (path !== image.prefix && !isBelow(path, image.prefix)) continue
    if (
      node.type === 'folder'
        ? !folders.has(path) && !skeleton.has(path)
        : !known.has(path) && !skeleton.has(path)
    )
      report('extra-file', 'error', 'is named by no RECORD', path)
    else checkMode(node, path, report)
  }
  return named.size
}

/** RECORDs with stronger hashes are rare enough to read their files a second time. */
async function checkOtherHashes(
  image: ScannedImage,
  others: ReadonlyMap<string, { readonly row: RecordRow; readonly name: string }>,
  report: Report,
): Promise<void> {
  if (others.size === 0) return
  const files = await readImageFiles(image.dir, image.manifest, [...others.keys()])
  for (const [path, { row, name }] of others) {
    const bytes = files.get(path)
    const { algorithm, value } = row.hash!
    if (bytes !== undefined && hashOf(bytes, algorithm as HashAlgorithm).value !== value)
      report('record', 'error', `is not the file that the RECORD of ${name} names`, path)
  }
}

function checkMode({ type, mode, uid, gid }: TreeNode, path: string, report: Report): void {
  if (uid !== 0 || gid !== 0) report('mode', 'error', `belongs to ${uid}:${gid}, not to root`, path)
  if (type === 'link') return
  const right = type === 'folder' ? [0o755] : [0o644, 0o755]
  if (!right.includes(mode))
    report('mode', 'error', `has the mode ${mode.toString(8).padStart(4, '0')}`, path)
}

/** What `python -m venv` and we ourselves make before anything is installed. */
function skeletonOf(prefix: string, python: string): Set<string> {
  const files = [
    'pyvenv.cfg',
    'lib64',
    'include',
    `include/python${python}`,
    'bin',
    'lib',
    `lib/python${python}`,
    `lib/python${python}/site-packages`,
    ...['python', 'python3', `python${python}`].map((name) => `bin/${name}`),
    ...['activate', 'activate.csh', 'activate.fish', 'Activate.ps1'].map((name) => `bin/${name}`),
  ]
  return new Set([prefix, ...files.map((file) => `${prefix}/${file}`)])
}

/**
 * Commands of the environment: each entry point has the wrapper that starts it, and what looks like a wrapper
 * belongs to an entry point.
 */
export function checkScripts(image: ScannedImage, environment: FoundEnvironment, report: Report): void {
  const bin = `${image.prefix}/bin`
  const wrapped = new Set<string>()
  for (const { name, scripts } of environment.distributions) {
    for (const script of scripts) {
      const path = `${bin}/${script.name}`
      wrapped.add(path)
      const node = image.tree.get(path)
      const text = node?.content?.toString('utf8') ?? ''
      const called = wrapperTarget(text)
      if (node?.type !== 'file') report('script', 'error', `the command of ${name} is missing`, path)
      else if (called?.module !== script.module || called.attribute !== script.attribute)
        report(
          'script',
          'error',
          `does not call ${script.module}:${script.attribute}, as ${name} wants`,
          path,
        )
      else if ((node.mode & 0o111) === 0) report('script', 'error', 'is not executable', path)
    }
  }
  for (const [path, node] of image.tree) {
    if (!isBelow(path, bin) || node.content === undefined) continue
    const text = node.content.toString('utf8')
    if (!text.startsWith('#!')) continue
    if (!wrapped.has(path) && isWrapper(text))
      report('script', 'error', 'is the wrapper of an entry point that no distribution has', path)
    const [interpreter = ''] = text.slice(2).split('\n', 1)[0]!.trim().split(/\s/)
    const python = /(?:^|\/)python[0-9.]*$/.test(interpreter)
    if (python && !new RegExp(`^/${bin}/python(?:3(?:\\.[0-9]+)?)?$`).test(interpreter))
      report('script', 'error', `is started by ${interpreter}, not by the Python of the environment`, path)
  }
}

/** The lines of which installers make wrappers; a script that a project wrote itself has at least its comments besides. */
const wrapperLine =
  /^(?:#!.*|# -\*- coding: .*|import (?:re|sys)|from [\w.]+ import \w+|if __name__ == ['"]__main__['"]:| +sys\.argv\[0\] = .*| +(?:sys\.)?exit\(.*\)|)\r?$/

function isWrapper(text: string): boolean {
  return wrapperTarget(text) !== undefined && text.split('\n').every((line) => wrapperLine.test(line))
}

/** What a wrapper imports and calls, in the forms that installers write. */
function wrapperTarget(text: string): { readonly module: string; readonly attribute: string } | undefined {
  const imported = /^from ([\w.]+) import (\w+)\r?$/m.exec(text)
  const called = /^ *(?:sys\.)?exit\(([\w.]+)\(\)\)\r?$/m.exec(text)
  if (imported === null || called === null || called[1]!.split('.')[0] !== imported[2]) return undefined
  return { module: imported[1]!, attribute: called[1]! }
}
