import fc from 'fast-check'

const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 1n << 80n }).map(String) },
)
const part = (before: string) =>
  fc.option(
    number.map((digits) => before + digits),
    { nil: '' },
  )

/** Canonical spellings of public versions, close together so that their relations are the interesting ones. */
export const publicVersion = fc
  .tuple(
    fc.option(fc.constantFrom('1!', '2!'), { nil: '', freq: 6 }),
    fc.array(number, { minLength: 1, maxLength: 4 }),
    fc.option(
      fc.tuple(fc.constantFrom('a', 'b', 'rc'), number).map((pieces) => pieces.join('')),
      { nil: '' },
    ),
    part('.post'),
    part('.dev'),
  )
  .map(([epoch, release, pre, post, dev]) => epoch + release.join('.') + pre + post + dev)

const local = fc.array(fc.oneof(number, fc.constantFrom('a', 'b', 'ab', 'a1', '1a')), {
  minLength: 1,
  maxLength: 3,
})

export const version = fc
  .tuple(publicVersion, fc.option(local, { nil: undefined, freq: 3 }))
  .map(([text, segments]) => (segments === undefined ? text : `${text}+${segments.join('.')}`))

const release = fc.array(number, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('.'))

/** Single specifiers without `===`. */
export const orderedSpecifier = fc.oneof(
  fc.tuple(fc.constantFrom('<', '<=', '>', '>=', '==', '!='), publicVersion).map((pieces) => pieces.join('')),
  fc.tuple(fc.constantFrom('==', '!='), version).map((pieces) => pieces.join('')),
  fc.tuple(fc.constantFrom('==', '!='), release).map(([operator, text]) => `${operator}${text}.*`),
  fc.tuple(number, release).map(([first, rest]) => `~=${first}.${rest}`),
)

export const specifierSet = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: orderedSpecifier },
      { weight: 1, arbitrary: version.map((text) => `===${text}`) },
      { weight: 1, arbitrary: fc.constantFrom('===weird', '===WEIRD', '===x') },
    ),
    { maxLength: 3 },
  )
  .map((all) => all.join(','))
