/** CPython minor versions whose files are kept as facts: the ones that a supported release may run on, and the next. */
const minors = [9, 10, 11, 12, 13, 14]

const interpreters = new Set(['py3', 'py2.py3', ...minors.flatMap((minor) => [`py3${minor}`, `cp3${minor}`])])

/**
 * Whether a Debian-like Linux (glibc) on amd64 or arm64 could use the file with CPython 3.9 to 3.14: every sdist, and
 * wheels by their tags. Wheels of musl, of other systems, of PyPy and of free-threaded builds are of no use to an image.
 */
export function isUsableOnLinux(filename: string): boolean {
  if (!filename.endsWith('.whl')) return true
  const parts = filename.slice(0, -4).split('-')
  const [pythons = '', abis = '', platforms = ''] = parts.slice(-3)
  return (
    platforms.split('.').some(isLinux) &&
    pythons.split('.').some((python) => abis.split('.').some((abi) => isPython(python, abi)))
  )
}

function isLinux(platform: string): boolean {
  return platform === 'any' || /^(?:manylinux\w*|linux)_(?:x86_64|aarch64)$/.test(platform)
}

function isPython(python: string, abi: string): boolean {
  const cpython = /^cp3(\d{1,2})$/.exec(python)
  if (abi === 'abi3') return cpython !== null && Number(cpython[1]) <= minors.at(-1)!
  if (abi === 'none') return interpreters.has(python) || /^py3[2-8]$/.test(python)
  return interpreters.has(python) && abi === python
}
