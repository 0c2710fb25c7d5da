import { hash } from 'node:crypto'
import type { DistributionFacts, LoaderFacts, ModuleFacts } from './module-facts.js'
import { isPasteFile, readPasteFile } from './paste-file.js'
import { decodePython } from './python-text.js'
import { readModule } from './read-module.js'
import { isStandardLibrary } from './standard-library.js'
import { openPythonParser, type PythonParser, type SyntaxProblem } from './syntax.js'

/** A file of a wheel or checkout; `path` with `/`, as it would be installed. */
export interface SourceFile {
  readonly path: string
  read(): Uint8Array
}

/** What was read of equal files before: versions of one distribution have most of their files in common. */
export type ReadBefore = Map<string, ModuleFacts | SyntaxProblem>

/** Bytecode beside where its source would be is imported without one; that of `__pycache__` is not. */
const compiledFile =
  /^(?!(?:.*\/)?__pycache__\/)(.+?)\.(?:cpython-\d+[^/]*\.|abi3\.|cp\d+[^/]*\.)?(?:so|pyd|pyc)$/
const moduleName = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/

/**
 * Reads every Python source among the files. Of modules in folders of tests only the names are kept; what cannot be
 * read is opaque, with its place.
 */
export async function readDistribution(
  files: readonly SourceFile[],
  before: ReadBefore = new Map(),
): Promise<DistributionFacts> {
  const parser = await openPythonParser()
  const isOutside = outsideOf(files.map(({ path }) => path))
  const found = {
    files: new Map<string, string>(),
    modules: new Map<string, ModuleFacts>(),
    opaque: new Map<string, 'compiled' | 'unparsed' | 'not-kept'>(),
    packages: new Set<string>(),
    unread: [] as { file: string; line: number; problem: string }[],
  }
  const compiled: string[] = []
  const loaders: LoaderFacts[] = []
  for (const { path, read } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const binary = compiledFile.exec(path)?.[1]
    if (binary !== undefined) compiled.push(binary)
    if (isPasteFile(path)) loaders.push(readLoader(path, read(), isOutside))
    if (!path.endsWith('.py')) continue
    const isPackage = path === '__init__.py' || path.endsWith('/__init__.py')
    const name = path.slice(0, isPackage ? -'/__init__.py'.length : -'.py'.length).replaceAll('/', '.')
    if (name === '') continue
    found.files.set(name, path)
    if (isPackage) found.packages.add(name)
    if (isTests(path)) {
      found.opaque.set(name, 'not-kept')
      continue
    }
    const facts = readSource(parser, { name, isPackage, bytes: read() }, isOutside, before)
    if ('problem' in facts) {
      found.opaque.set(name, 'unparsed')
      found.unread.push({ file: path, ...facts })
    } else found.modules.set(name, facts)
  }
  for (const path of compiled) {
    const name = path.replaceAll('/', '.').replace(/\.__init__$/, '')
    if (!moduleName.test(name)) continue
    if (!found.files.has(name)) found.files.set(name, `${path}.so`)
    // a source beside it is what it was made from, and says most of its names
    found.opaque.set(name, 'compiled')
  }
  return {
    files: sorted(found.files),
    modules: sorted(found.modules),
    opaque: sorted(found.opaque),
    packages: [...found.packages].sort(),
    namespaces: namespacesOf(found.files, found.packages),
    loaders,
    unread: found.unread,
  }
}

function readSource(
  parser: PythonParser,
  {
    name,
    isPackage,
    bytes,
  }: { readonly name: string; readonly isPackage: boolean; readonly bytes: Uint8Array },
  isOutside: (name: string) => boolean,
  before: ReadBefore,
): ModuleFacts | SyntaxProblem {
  const key = `${name} ${isPackage} ${hash('sha1', bytes)}`
  const known = before.get(key)
  if (known !== undefined) return known
  const decoded = decodePython(bytes)
  const root = 'text' in decoded ? parser.parse(decoded.text) : decoded
  const facts =
    'problem' in root || !('text' in decoded)
      ? (root as SyntaxProblem)
      : readModule({ name, isPackage, text: decoded.text }, root, isOutside)
  before.set(key, facts)
  return facts
}

/** What a paste file has loaded: what it serves when a process starts, the rest when a deployment chooses it. */
function readLoader(path: string, bytes: Uint8Array, isOutside: (name: string) => boolean): LoaderFacts {
  const references = readPasteFile(Buffer.from(bytes).toString('utf8'))
  const uses = references.flatMap(({ name, module, line, served }) =>
    (['module', 'attribute'] as const).flatMap((kind) =>
      isOutside(name)
        ? [
            {
              name: kind === 'module' ? module : name,
              kind,
              line,
              moment: served ? ('import' as const) : ('call' as const),
              certain: true,
              count: 1,
            },
          ]
        : [],
    ),
  )
  const imports = references.flatMap(({ module, served }) => (served ? [module] : []))
  return { file: path, uses, imports: [...new Set(imports)].sort() }
}

/** Tells the names of other distributions: neither Python's nor this one's, which may share a namespace with them. */
function outsideOf(paths: readonly string[]): (name: string) => boolean {
  const own = new Set(
    paths.flatMap((path) => /^(.+?)(?:\/__init__)?\.(?:[^/.]+\.)?(?:py|so)$/.exec(path)?.[1] ?? []),
  )
  const tops = new Set([...own].map((path) => path.split('/', 1)[0]!))
  const answers = new Map<string, boolean>()
  return (name) => {
    const [top = ''] = name.split(/[.([]/, 1)
    if (isStandardLibrary(top)) return false
    if (!tops.has(top)) return true
    if (own.has(top)) return false
    const known = answers.get(name)
    if (known !== undefined) return known
    const parts = name.split(/[.([]/)
    const answer = !parts.some((_, index) => own.has(parts.slice(0, index + 1).join('/')))
    answers.set(name, answer)
    return answer
  }
}

/** Folders of tests: whoever imports from them is a test, too. */
function isTests(path: string): boolean {
  return path
    .split('/')
    .slice(0, -1)
    .some((part) => part === 'tests' || part === 'test')
}

/** Files that only tests import, though they lie beside the code. */
export function isForTests(path: string): boolean {
  const parts = path.split('/')
  return (
    /^(?:test_.*|.*_tests?|conftest|fixtures?)\.py$/.test(parts.at(-1)!) ||
    parts.slice(0, -1).some((part) => /^(?:tests?|testing|functional|unittests?)$/.test(part))
  )
}

/** Folders above modules that are no packages. */
function namespacesOf(files: ReadonlyMap<string, string>, packages: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>()
  for (const name of files.keys())
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const parent = name.slice(0, dot)
      if (!packages.has(parent) && moduleName.test(parent)) found.add(parent)
    }
  return [...found].sort()
}

function sorted<T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}
