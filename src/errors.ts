/** A place in a text file. Lines and columns count from 1; `text` is that line, for the caret under it. */
export interface FileOrigin {
  readonly path: string
  readonly line?: number
  readonly column?: number
  readonly text?: string
}

/** A place inside an archive, or the archive itself. */
export interface ArchiveOrigin {
  readonly archive: string
  readonly member?: string
}

/** A place in what the package index says of one distribution version; `index` counts from 0. */
export interface MetadataOrigin {
  readonly distribution: string
  readonly version: string
  readonly field: 'Requires-Dist' | 'Requires-Python' | 'Provides-Extra' | 'Entry-Point'
  readonly index?: number
}

/** Where a fact was read: it goes with everything that a person could want to look up. */
export type Origin = FileOrigin | ArchiveOrigin | MetadataOrigin

/** The class of an error decides the exit code: input 2, undecided 3, failed 4 (design: docs/cli.md). */
type ErrorClass = 'input' | 'undecided' | 'failed'

/** Every error that a user can meet; the text says what the code means in general. */
export const errorCodes = {
  'E-CLI-USAGE': { class: 'input', title: 'the command line cannot be understood' },
  'E-FS-NOTFOUND': { class: 'input', title: 'a file or folder does not exist' },
  'E-FS-ACCESS': { class: 'input', title: 'a file or folder may not be read or written' },
  'E-FS-KIND': { class: 'input', title: 'a path is not the kind of file that is needed here' },
  'E-FS-LIMIT': { class: 'input', title: 'a file is larger than anything legitimate' },
  'E-FS-SPACE': { class: 'failed', title: 'the disk is full' },
  'E-FS-IO': { class: 'failed', title: 'the disk failed' },
  'E-SVC-UNKNOWN': { class: 'input', title: 'no such service' },
  'E-REL-UNKNOWN': { class: 'input', title: 'no such release' },
  'E-REQ-SYNTAX': { class: 'input', title: 'a requirement cannot be parsed' },
  'E-REQ-NAME': { class: 'input', title: 'a distribution name is not one' },
  'E-REQ-VERSION': { class: 'input', title: 'a version is not one by PEP 440' },
  'E-REQ-SPEC': { class: 'input', title: 'a version specifier cannot be parsed' },
  'E-REQ-EXTRA': { class: 'input', title: 'an extra cannot be parsed' },
  'E-REQ-MARKER': { class: 'input', title: 'an environment marker cannot be parsed' },
  'E-REQ-URL': { class: 'input', title: 'a direct URL where none may stand' },
  'E-REQ-OPTION': { class: 'input', title: 'an option that a requirements file may not set' },
  'E-REQ-HASH': { class: 'input', title: 'a hash option that is weak, malformed or contradicted' },
  'E-REQ-ENV': { class: 'input', title: 'a variable that is not set' },
  'E-REQ-CYCLE': { class: 'input', title: 'requirements files include one another' },
  'E-REQ-COMPUTED': { class: 'input', title: 'a checkout works out what it demands when it is packaged' },
  'E-REQ-LIMIT': { class: 'input', title: 'a requirement is larger than anything legitimate' },
  'E-REQ-ENCODING': { class: 'input', title: 'a text file is not UTF-8' },
  'E-REQ-CONTROL': { class: 'input', title: 'a control character where none may stand' },
  'E-CON-DUP': { class: 'input', title: 'two pins of one distribution contradict each other' },
  'E-CON-FORM': { class: 'input', title: 'a constraint has a form that cannot constrain' },
  'E-CON-HTML': { class: 'input', title: 'a constraints file is a web page' },
  'E-PRF-SYNTAX': { class: 'input', title: 'a profile is not YAML' },
  'E-PRF-SCHEMA': { class: 'input', title: 'a profile does not fit its schema' },
  'E-FLT-SYNTAX': { class: 'input', title: 'a fleet file is not YAML' },
  'E-FLT-SCHEMA': { class: 'input', title: 'a fleet file does not fit its schema' },
  'E-FLT-STATE': { class: 'input', title: 'what a fleet file says cannot be so' },
  'E-PLN-HOP': { class: 'input', title: 'an upgrade that leaves out releases, or goes back' },
  'E-PLN-EDGE': { class: 'input', title: 'services that wait for one another, or for one that is too old' },
  'E-PLN-WINDOW': { class: 'input', title: 'a maintenance window that is too short' },
  'E-PLN-IMAGE': { class: 'failed', title: 'an image that a plan needs is not there' },
  'E-PLN-STATE': { class: 'input', title: 'a record of progress that cannot be used' },
  'E-PLN-RETURN': { class: 'input', title: 'a way back that is no longer there' },
  'E-OVR-SYNTAX': { class: 'input', title: 'a file of overrides is not YAML' },
  'E-OVR-SCHEMA': { class: 'input', title: 'a file of overrides does not fit its schema' },
  'E-POL-SYNTAX': { class: 'input', title: 'a policy is not YAML' },
  'E-POL-SCHEMA': { class: 'input', title: 'a policy does not fit its schema' },
  'E-WVR-SYNTAX': { class: 'input', title: 'a file of waivers is not YAML' },
  'E-WVR-SCHEMA': { class: 'input', title: 'a file of waivers does not fit its schema' },
  'E-BAS-FORM': { class: 'input', title: 'a baseline or an older result cannot be read' },
  'E-RES-FORM': { class: 'input', title: 'a saved result cannot be read' },
  'E-GIT-REV': { class: 'input', title: 'a git revision cannot be read' },
  'E-CAT-FORM': { class: 'input', title: 'shipped facts cannot be read' },
  'E-CAT-MIX': { class: 'input', title: 'two sets of pins would be mixed under one name' },
  'E-CAT-MISSING': { class: 'undecided', title: 'a fact that is needed is not known offline' },
  'E-LCK-FORM': { class: 'input', title: 'a lock cannot be read' },
  'E-LCK-DIFFERS': { class: 'failed', title: 'what would be built is not what the lock says' },
  'E-LCK-UNSOLVED': { class: 'undecided', title: 'the pins do not give a complete set of distributions' },
  'E-LCK-NOFILE': { class: 'failed', title: 'a locked distribution has no file that fits' },
  'E-IDX-UNKNOWN': { class: 'failed', title: 'which package index to use is not known' },
  'E-IDX-NOTFOUND': { class: 'failed', title: 'the package index does not have it' },
  'E-IDX-CONTENT': { class: 'failed', title: 'the package index answered with something else' },
  'E-IDX-METADATA': { class: 'failed', title: 'the metadata of a distribution cannot be had or parsed' },
  'E-IDX-HASH': { class: 'failed', title: 'a file is not the one that its hash names' },
  'E-NET-OFFLINE': { class: 'undecided', title: 'the network is needed and --offline forbids it' },
  'E-NET-STATUS': { class: 'failed', title: 'a server refused a request' },
  'E-NET-CONNECT': { class: 'failed', title: 'a server cannot be reached' },
  'E-NET-TLS': { class: 'failed', title: 'the certificate of a server is not trusted' },
  'E-NET-TIMEOUT': { class: 'failed', title: 'a server did not answer in time' },
  'E-NET-TRUNC': { class: 'failed', title: 'an answer ended too early' },
  'E-NET-LIMIT': { class: 'failed', title: 'an answer is larger than anything legitimate' },
  'E-NET-REDIRECT': { class: 'failed', title: 'a redirect that may not be followed' },
  'E-WHL-KIND': { class: 'failed', title: 'a wheel is not a zip archive' },
  'E-WHL-TRUNC': { class: 'failed', title: 'a wheel ends too early' },
  'E-WHL-DIFF': { class: 'failed', title: 'a wheel that two readers would read two ways' },
  'E-WHL-PATH': { class: 'failed', title: 'a member of a wheel would be written outside' },
  'E-WHL-NAME': { class: 'failed', title: 'a member of a wheel has an impossible name' },
  'E-WHL-LINK': { class: 'failed', title: 'a member of a wheel is not a regular file' },
  'E-WHL-MODE': { class: 'failed', title: 'a member of a wheel would be set-uid, set-gid or sticky' },
  'E-WHL-DUP': { class: 'failed', title: 'two members of a wheel have one path' },
  'E-WHL-METHOD': { class: 'failed', title: 'a member of a wheel is packed in a way that wheels do not use' },
  'E-WHL-LIMIT': { class: 'failed', title: 'a wheel is larger than anything legitimate' },
  'E-WHL-DISTINFO': { class: 'failed', title: 'a wheel whose .dist-info does not fit its name' },
  'E-WHL-RECORD': { class: 'failed', title: 'a wheel whose RECORD does not hold' },
  'E-WHL-SCHEME': { class: 'failed', title: 'a wheel that installs to an unknown or forbidden place' },
  'E-WHL-ENTRYPOINT': { class: 'failed', title: 'a wheel with an impossible entry point' },
  'E-WHL-CLASH': { class: 'failed', title: 'two distributions install one path with different bytes' },
  'E-SDT-FORM': { class: 'failed', title: 'an sdist that cannot be read' },
  'E-SDT-BUILD': { class: 'failed', title: 'an sdist that does not build' },
  'E-IMG-DIGEST': { class: 'failed', title: 'a blob is not the one that its digest names' },
  'E-IMG-FORM': { class: 'failed', title: 'an image layout, manifest or config cannot be read' },
  'E-IMG-BASE': { class: 'failed', title: 'a base image does not fit' },
  'E-IMG-UNFIT': { class: 'failed', title: 'an image does not hold what its lock says, or does not start' },
  'E-IMG-REF': { class: 'input', title: 'an image reference or destination cannot be parsed' },
  'E-REG-AUTH': {
    class: 'failed',
    title: 'a registry refuses the login, or asks for it in a way that is not safe',
  },
  'E-REG-CONFIG': { class: 'input', title: 'a file of registry logins cannot be read' },
  'E-REG-INSECURE': { class: 'input', title: 'a login would be sent to a registry in clear text' },
  'E-REG-UNKNOWN': { class: 'failed', title: 'a registry does not have it' },
  'E-REG-STATUS': { class: 'failed', title: 'a registry refused or failed a request' },
  'E-REG-UPLOAD': { class: 'failed', title: 'a blob could not be uploaded' },
  'E-REG-CONTENT': {
    class: 'failed',
    title: 'an image that may not be taken from a registry or given to one',
  },
  'E-REG-DIGEST': { class: 'failed', title: 'a registry holds or sends other bytes than a digest names' },
  'E-REG-IMMUTABLE': { class: 'failed', title: 'a tag that the registry does not let move' },
  'E-REG-VERIFY': { class: 'failed', title: 'a tag does not name what was just pushed under it' },
  'E-ATT-LOCK': { class: 'input', title: 'a lock and an image do not belong together' },
  'E-ATT-KEY': { class: 'input', title: 'a key that cannot sign or verify' },
  'E-ATT-FORM': { class: 'failed', title: 'an attestation cannot be read' },
  'E-OUT-EXISTS': { class: 'input', title: 'the destination holds something else' },
  'E-EXE-MISSING': { class: 'failed', title: 'a program that is needed is not installed' },
  'E-EXE-FAILED': { class: 'failed', title: 'a program that was started failed' },
} as const satisfies Record<string, { class: ErrorClass; title: string }>

export type ErrorCode = keyof typeof errorCodes

export interface ErrorDetails {
  /** One line on what to do; only where there is something to do. */
  readonly hint?: string
  readonly at?: Origin
  readonly cause?: unknown
}

/** An error that is the input's or the world's fault, never a bug: told in three lines, without a stack. */
export class SvcsplitError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly at: Origin | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(withoutLogins(message), details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SvcsplitError'
    this.code = code
    this.hint = details.hint === undefined ? undefined : withoutLogins(details.hint)
    this.at = details.at
  }
}

/** The error with a place, where it is one of ours and has none, or only one in a text of no file. */
export function placed(error: unknown, at: Origin): unknown {
  if (!(error instanceof SvcsplitError) || !(error.at === undefined || isWithoutFile(error.at))) return error
  const { code, message, hint } = error
  return new SvcsplitError(code, message, { at, cause: error, ...(hint === undefined ? {} : { hint }) })
}

function isWithoutFile(at: Origin): boolean {
  return 'path' in at && at.path === ''
}

/** The exit code of an error: 2 input, 3 undecided, 4 failed. */
export function exitCodeOf(code: ErrorCode): 2 | 3 | 4 {
  return ({ input: 2, undecided: 3, failed: 4 } as const)[errorCodes[code].class]
}

/** `path:line:column`, `FILE!MEMBER`, or `name version Requires-Dist[12]`. */
export function formatOrigin(origin: Origin): string {
  if ('archive' in origin)
    return origin.member === undefined ? origin.archive : `${origin.archive}!${origin.member}`
  if ('distribution' in origin) {
    const place = origin.index === undefined ? origin.field : `${origin.field}[${origin.index}]`
    return `${origin.distribution} ${origin.version} ${place}`
  }
  return [origin.path, origin.line, origin.column].filter((part) => part !== undefined).join(':')
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).padStart(2, '0')}}`
}

/** `user:password` before the `@` of a URL, or of what looks like one without its scheme; no digest of an image. */
const logins =
  /(?<=:\/\/)[^\s/?#]+(?=@)|(?<=(?:^|[\s"'])(?:registry:)?)(?!registry:)[^\s/@:"']+:[^\s/@"']+(?=@(?!sha\d))/g

/** Text whose logins are stars, as many as they had characters: a column in it is still the same place. */
export function withoutLogins(text: string): string {
  return text.includes('@') ? text.replace(logins, (login) => '*'.repeat(login.length)) : text
}

/**
 * Text from outside made safe to print: without logins, and cut to `longest`. Control and bidirectional characters
 * become `\u{..}`, and so does the first character of what a CI system would take for a command in a log: a word that
 * begins with `::` (GitHub), `##[`, `##vso[` or `##teamcity[` anywhere in a line.
 */
export function visible(raw: string, longest = 200): string {
  const text = withoutLogins(raw)
  // Nearly all text is plain: looking costs less than replacing nothing.
  if (text.length <= longest && /^[ -~]*$/.test(text) && !text.includes('::') && !text.includes('##'))
    return text
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  const shown = cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped)
  return shown.replace(/(?<=^|\s):(?=:)|#(?=#[A-Za-z]*\[)/gu, escaped)
}
