import { type ErrorCode, SvcsplitError } from '#errors.js'

const codeOfErrno: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOENT', 'E-FS-NOTFOUND'],
  ['EACCES', 'E-FS-ACCESS'],
  ['EPERM', 'E-FS-ACCESS'],
  ['EROFS', 'E-FS-ACCESS'],
  ['EISDIR', 'E-FS-KIND'],
  ['ENOTDIR', 'E-FS-KIND'],
  ['ELOOP', 'E-FS-KIND'],
  ['ENAMETOOLONG', 'E-FS-KIND'],
  ['EEXIST', 'E-FS-KIND'],
  ['ENOTEMPTY', 'E-FS-KIND'],
  ['ENOSPC', 'E-FS-SPACE'],
  ['EDQUOT', 'E-FS-SPACE'],
  ['EFBIG', 'E-FS-SPACE'],
])

const hintOfCode: ReadonlyMap<ErrorCode, string> = new Map([
  ['E-FS-ACCESS', 'check owner and mode of the path and of the folders above it'],
  [
    'E-FS-SPACE',
    'free space or inodes (or raise the quota or ulimit -f), then run again: nothing was half written',
  ],
])

const textOfErrno: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['EISDIR', 'is a folder'],
  ['ENOTDIR', 'is not a folder'],
  ['ELOOP', 'a symbolic link that may not be followed'],
  ['ENAMETOOLONG', 'the path is too long'],
  ['EEXIST', 'exists already'],
  ['ENOTEMPTY', 'is a folder that is not empty'],
  ['ENOSPC', 'no space (or no inode) left on the disk'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file size limit is reached'],
  ['EMFILE', 'too many open files (ulimit -n)'],
  ['ENFILE', 'too many open files on this machine'],
])

export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** The error of a file operation, typed, with its path: `cannot <action>: <why> (<ERRNO>)`. */
export function fsError(error: unknown, action: string, path: string): unknown {
  const errno = errnoOf(error)
  if (error instanceof SvcsplitError || errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return error
  const code = codeOfErrno.get(errno) ?? 'E-FS-IO'
  const hint = errno === 'EMFILE' ? 'raise the limit of open files: ulimit -n 4096' : hintOfCode.get(code)
  return new SvcsplitError(
    code,
    `cannot ${action} ${path}: ${textOfErrno.get(errno) ?? 'the disk failed'} (${errno})`,
    {
      at: { path },
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}
