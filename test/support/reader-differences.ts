/** An input that svcsplit and Python read in two ways. */
export interface Difference {
  readonly kind: string
  /** As Latin-1. */
  readonly input: string
  readonly verdict: 'refused here' | 'refused there' | 'differ'
  /** The error of who refuses it, or both readings. */
  readonly because: string
}

interface Exception {
  readonly kinds: readonly string[]
  readonly verdict: Difference['verdict']
  readonly because: RegExp
  /** Of the input, where that tells the case. */
  readonly input?: RegExp
  readonly reason: string
}

const exceptions: readonly Exception[] = [
  {
    kinds: ['zip'],
    verdict: 'refused here',
    because:
      /^E-WHL-DIFF (?:local header and central directory differ|the member claims to lie on|the archive claims to be split)/,
    reason: 'zipfile believes the central directory alone; other readers believe the local headers',
  },
  {
    kinds: ['zip'],
    verdict: 'refused here',
    because:
      /^E-WHL-(?:TRUNC|DIFF) .*(?:bytes lie|central directory|end record|its comment|beyond|overlap|within)/,
    reason:
      'zipfile looks for the last end record and passes over what belongs to no member; others read from the front',
  },
  {
    kinds: ['zip'],
    verdict: 'refused here',
    because: /^E-WHL-DIFF the deflate stream is broken, or longer/,
    reason: 'zipfile stops at the announced size and leaves the rest of the stream unread',
  },
  {
    kinds: ['zip'],
    verdict: 'refused here',
    because: /^E-WHL-(?:METHOD|LINK|MODE|NAME|PATH|FOLD|DUP|LIMIT|BOMB|ZIP64) /,
    reason:
      'a flag, a kind of file, a name or a size that no wheel needs, and that readers treat in different ways',
  },
  {
    kinds: ['zip'],
    verdict: 'refused there',
    because: /^NotImplementedError: zip file version/,
    reason:
      'the version that a member asks for says nothing of how it is read, once method and flags are known',
  },
  {
    kinds: ['tar'],
    verdict: 'refused here',
    because: /checksum is wrong|a number is none|it breaks off/,
    reason: 'tarfile takes what it cannot read behind the first header for the end, without a word',
  },
  {
    kinds: ['tar'],
    verdict: 'refused here',
    because: /entries after its end/,
    reason: 'tarfile stops at one empty block; others go on',
  },
  {
    kinds: ['tar'],
    verdict: 'refused here',
    because:
      /extended header|impossible size|two words on|unknown type|where none belong|zero byte|for all of its entries|the (?:size|uid|gid) "|a file of/,
    reason: 'readers differ on what such an entry is, or on where the next one begins',
  },
  {
    kinds: ['tar'],
    verdict: 'differ',
    because: /�/,
    reason: 'a name that is not UTF-8: bytes that Python keeps as surrogates are shown as U+FFFD',
  },
  {
    kinds: ['version', 'specifier', 'requirement', 'marker'],
    verdict: 'refused there',
    because: /^ValueError: Exceeds the limit \(4300 digits\)/,
    reason: 'Python gives up on numbers of more than 4300 digits; they are compared here',
  },
  {
    kinds: ['specifier', 'requirement', 'marker'],
    verdict: 'differ',
    because: /\d{4301}/,
    reason: 'Python gives up on numbers of more than 4300 digits; they are compared here',
  },
]

/** Why a difference is as it should be. Undefined: nobody knows, and it is a defect. */
export function reasonOf({ kind, input, verdict, because }: Difference): string | undefined {
  return exceptions.find(
    (one) =>
      one.kinds.includes(kind) &&
      one.verdict === verdict &&
      one.because.test(because) &&
      (one.input === undefined || one.input.test(input)),
  )?.reason
}
