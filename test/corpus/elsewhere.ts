/** Rows that need a fault below the command line, or a server over many requests: another test holds them. */
export interface Elsewhere {
  readonly row: number
  readonly what: string
  readonly test: string
  /** How its title begins. */
  readonly title: string
}

const at = (row: number, what: string, test: string, title: string): Elsewhere => ({
  row,
  what,
  test: `test/${test}.test.ts`,
  title,
})

export const elsewhere: readonly Elsewhere[] = [
  at(99, 'a base whose tag has moved', 'verbs/build', 'is the one that its tag names now'),
  at(
    102,
    'a body cut off, lengths that lie, ranges of another place',
    'io/http',
    'calls a body that always ends too early',
  ),
  at(106, 'headers or a body that drip', 'io/http', 'ends a drip by its deadline'),
  at(108, 'a redirect from TLS to plain HTTP', 'io/http', 'are followed, relative ones too'),
  at(
    109,
    'logins at a redirect to another origin',
    'io/http',
    'carry no login and no own header to another origin',
  ),
  at(110, 'a host that stands behind an @', 'io/http', 'come from netrc by the real host'),
  at(116, 'an ETag with another body, and 304', 'catalog/index-catalog', 'are asked for by their ETag'),
  at(117, 'one name on two indexes', 'catalog/index-catalog', 'come from the first index that has the name'),
  at(
    122,
    'a token that ends within a push',
    'registry/authorization',
    'again when a token ends in the middle',
  ),
  at(123, 'an upload that is cut', 'registry/upload', 'from the start when the registry forgot the session'),
  at(
    129,
    'a registry without the referrers interface',
    'registry/retag-referrers',
    'are none where the API answers',
  ),
  at(130, 'a login in clear text', 'registry/authorization', 'for a login in clear text beyond this machine'),
  at(131, 'a disk that fills up', 'system/disk-full', 'is told with the path, and the old file stays whole'),
  at(132, 'every error of the disk', 'io/files', 'that are no errors of the disk are left as they are'),
  at(133, 'builds that are killed', 'system/interrupted-build', 'says so, and leaves no name'),
  at(134, 'many writers of one store', 'io/files', 'takes the same bytes from many writers at once'),
  at(135, 'a damaged entry of the cache', 'io/files', 'removes a damaged file when asked to look'),
  at(
    137,
    'files that are gone from the cache',
    'io/http',
    'fetches a file anew whose stored copy was cut off',
  ),
  at(142, 'HTML in names', 'report/hostile', 'are text in HTML'),
  at(144, 'Markdown, DOT, Mermaid and JUnit in names', 'report/hostile', 'are text in Markdown'),
  at(145, 'a Containerfile from every odd text', 'dockerfile/quote.property', 'never ends its line'),
  at(
    146,
    'a comment that would be a directive',
    'dockerfile/containerfile',
    'begins with a comment that no builder takes',
  ),
  at(148, 'a program that writes or hangs without end', 'io/exec', 'ends a program that writes without end'),
  at(
    150,
    'a reader of the output who leaves',
    'cli/broken-outputs',
    'a path that cannot be written is an error',
  ),
  at(149, 'logins in messages', 'io/http', 'are never shown in a message'),
]

/** Rows that do not apply, and why. */
export interface NotHere {
  readonly row: number
  readonly what: string
  readonly why: string
}

export const notHere: readonly NotHere[] = [
  {
    row: 108,
    what: 'a redirect to an address of a private network',
    why: 'the index of a company stands in one; where it may lead is a matter of its network',
  },
  {
    row: 140,
    what: 'a folder for temporary files on another device or without execution',
    why: 'files that are moved are made beside their final place, and nothing in a temporary folder is executed',
  },
  {
    row: 149,
    what: 'a secret as an argument of a build',
    why: 'no build argument exists: an image is made from a lock, and a Containerfile has no ARG',
  },
]

/** Rows of the catalog of bad inputs: every number has a row that runs, or stands above. */
export const lastRow = 151
