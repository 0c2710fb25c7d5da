import { hash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'

/** The hash algorithms that may vouch for a file: sha256 or stronger (binary distribution format, "RECORD"). */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512'

export interface FileHash {
  readonly algorithm: HashAlgorithm
  /** URL-safe base64 without padding, as RECORD writes it. */
  readonly value: string
}

/** One line of a RECORD; the hash is absent for the files that cannot have one. */
export interface RecordRow {
  readonly path: string
  readonly hash?: FileHash
  /** Bytes, where it is said. */
  readonly size?: number
}

const lengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 43],
  ['sha384', 64],
  ['sha512', 86],
])

/** RECORD cannot hold its own hash, and signatures are made of it. */
export function isUnhashed(path: string, distInfo: string): boolean {
  return (
    path === `${distInfo}/RECORD` || path === `${distInfo}/RECORD.jws` || path === `${distInfo}/RECORD.p7s`
  )
}

/**
 * Reads RECORD (PEP 376, binary distribution format).
 * @param distInfo the folder that it lies in
 * @throws SvcsplitError E-WHL-RECORD with archive and member
 */
export function parseRecord(text: string, distInfo: string, archive: string): ReadonlyMap<string, RecordRow> {
  const rows = new Map<string, RecordRow>()
  const member = `${distInfo}/RECORD`
  let line = 0
  for (const content of text.split('\n')) {
    line++
    const clean = content.endsWith('\r') ? content.slice(0, -1) : content
    if (clean === '') continue
    const refuse = (problem: string): never => {
      throw new SvcsplitError('E-WHL-RECORD', `line ${line} of RECORD ${problem}`, {
        at: { archive, member },
      })
    }
    const fields = splitRow(clean, refuse)
    const [path = '', hashText = '', sizeText = ''] = fields
    if (fields.length > 3) refuse('has more than three fields')
    if (!isPlainPath(path)) refuse(`names ${JSON.stringify(path)}, which is not a path inside the wheel`)
    if (rows.has(path)) refuse(`names ${JSON.stringify(path)} a second time`)
    if (sizeText !== '' && !/^[0-9]{1,15}$/.test(sizeText)) refuse('has a size that is not a number')
    const unhashed = isUnhashed(path, distInfo)
    if (unhashed && path === member && hashText !== '') refuse('gives RECORD a hash of itself')
    if (!unhashed && hashText === '') refuse(`has no hash for ${path}`)
    // Nearly every row has both; spreading parts together is slow.
    if (hashText !== '' && sizeText !== '')
      rows.set(path, { path, hash: parseHash(hashText, refuse), size: Number(sizeText) })
    else
      rows.set(path, {
        path,
        ...(hashText === '' ? {} : { hash: parseHash(hashText, refuse) }),
        ...(sizeText === '' ? {} : { size: Number(sizeText) }),
      })
  }
  return rows
}

/** Sorted by path, so that its bytes depend on the rows alone. */
export function formatRecord(rows: Iterable<RecordRow>): Buffer {
  const lines = [...rows]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, hash, size }) => {
      const quoted = /[",\r\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path
      return `${quoted},${hash === undefined ? '' : `${hash.algorithm}=${hash.value}`},${size ?? ''}\n`
    })
  return Buffer.from(lines.join(''), 'utf8')
}

export function hashOf(bytes: Uint8Array, algorithm: HashAlgorithm = 'sha256'): FileHash {
  return { algorithm, value: hash(algorithm, bytes, 'base64url') }
}

function parseHash(text: string, refuse: (problem: string) => never): FileHash {
  const equals = text.indexOf('=')
  const algorithm = text.slice(0, Math.max(equals, 0))
  const length = lengths.get(algorithm)
  if (length === undefined) return refuse('has a hash that is weaker than sha256, or none')
  const value = text.slice(equals + 1).replace(/=+$/, '')
  if (value.length !== length || !/^[A-Za-z0-9_-]+$/.test(value)) refuse(`has a malformed ${algorithm} hash`)
  return { algorithm: algorithm as HashAlgorithm, value }
}

/** One row of CSV as Python's csv module writes it; a row never goes over lines, since paths hold no breaks. */
function splitRow(row: string, refuse: (problem: string) => never): readonly string[] {
  if (!row.includes('"')) return row.split(',')
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (row[at] === '"') {
      let field = ''
      let from = at + 1
      for (;;) {
        const quote = row.indexOf('"', from)
        if (quote < 0) refuse('has a quote that does not end')
        field += row.slice(from, quote)
        at = quote + 1
        if (row[at] !== '"') break
        field += '"'
        from = at + 1
      }
      fields.push(field)
      if (at < row.length && row[at] !== ',') refuse('has text after a quoted field')
    } else {
      const comma = row.indexOf(',', at)
      const end = comma < 0 ? row.length : comma
      const field = row.slice(at, end)
      if (field.includes('"')) refuse('has a quote inside a field')
      fields.push(field)
      at = end
    }
    if (at >= row.length) return fields
    at++
  }
}

function isPlainPath(path: string): boolean {
  return !/^$|\\|(?:^|\/)\.{0,2}(?:\/|$)/.test(path)
}
