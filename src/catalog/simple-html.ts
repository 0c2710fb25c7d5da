/** One link of a page: the attributes that PEP 503, 592, 658 and 714 define, entities decoded. */
interface Anchor {
  readonly href: string
  readonly text: string
  readonly attributes: ReadonlyMap<string, string>
}

interface AnchorPage {
  readonly anchors: readonly Anchor[]
  /** `<base href>`, which old indexes use. */
  readonly base?: string
  /** `<meta name="pypi:repository-version" content="1.0">` (PEP 629). */
  readonly apiVersion?: string
}

interface Tag {
  /** Lower case, with the slash of an end tag. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  /** Where the tag begins and what follows it. */
  readonly start: number
  readonly end: number
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
])

/** Elements whose text is not markup (HTML, 13.1.2). */
const rawElements = new Set(['script', 'style', 'title', 'textarea'])

/** The links of a page in HTML, in their order. All else is passed over; time is linear in the length. */
export function readAnchors(html: string): AnchorPage {
  const anchors: Anchor[] = []
  let base: string | undefined
  let apiVersion: string | undefined
  let open: Tag | undefined
  const close = (to: number): void => {
    const href = open?.attributes.get('href')
    if (open !== undefined && href !== undefined)
      anchors.push({ href, text: textBetween(html, open.end, to), attributes: open.attributes })
    open = undefined
  }
  for (const tag of tags(html)) {
    if (tag.name === 'a' || tag.name === '/a') {
      close(tag.start)
      if (tag.name === 'a') open = tag
    } else if (tag.name === 'base') base ??= tag.attributes.get('href')
    else if (tag.name === 'meta' && tag.attributes.get('name')?.toLowerCase() === 'pypi:repository-version')
      apiVersion ??= tag.attributes.get('content')
  }
  close(html.length)
  return {
    anchors,
    ...(base === undefined ? {} : { base }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
  }
}

function* tags(html: string): Generator<Tag> {
  for (let at = html.indexOf('<'); at >= 0; ) {
    if (html.startsWith('<!--', at)) at = after(html, '-->', at + 4)
    else if (html[at + 1] === '!' || html[at + 1] === '?') at = after(html, '>', at + 2)
    else {
      const tag = readTag(html, at)
      if (tag === 'unfinished') return
      if (tag === undefined) at += 1
      else {
        yield tag
        at = tag.end
        if (rawElements.has(tag.name)) at = endOfRaw(html, tag.name, at)
      }
    }
    at = html.indexOf('<', at)
  }
}

function after(html: string, what: string, from: number): number {
  const found = html.indexOf(what, from)
  return found < 0 ? html.length : found + what.length
}

function endOfRaw(html: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
  pattern.lastIndex = from
  return pattern.exec(html)?.index ?? html.length
}

const nameOfTag = /\/?[a-zA-Z][^\s/>]*/y
const space = /[\s/]*/y
const attributeName = /[^\s/>=][^\s/>=]*/y
const equals = /\s*=\s*/y
const value = /"([^"]*)"|'([^']*)'|([^\s>"']+)/y

/** Undefined if no tag begins here; a tag without end reaches to the end of the page, as in browsers. */
function readTag(html: string, start: number): Tag | 'unfinished' | undefined {
  let at = start + 1
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(html)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  const name = take(nameOfTag)?.[0].toLowerCase()
  if (name === undefined) return undefined
  const attributes = new Map<string, string>()
  for (;;) {
    take(space)
    if (at >= html.length) return 'unfinished'
    if (html[at] === '>') return { name, attributes, start, end: at + 1 }
    const key = take(attributeName)?.[0].toLowerCase()
    if (key === undefined) {
      at += 1
      continue
    }
    const given = take(equals) === null ? null : take(value)
    if (!attributes.has(key))
      attributes.set(key, decodeEntities(given?.[1] ?? given?.[2] ?? given?.[3] ?? ''))
  }
}

/** File names on index pages hold no markup; what little may stand there is dropped. */
function textBetween(html: string, from: number, to: number): string {
  return decodeEntities(html.slice(from, to).replace(/<[^<>]*>/g, '')).trim()
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,6}));/g,
    (whole, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
      if (name !== undefined) return entities.get(name) ?? whole
      const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
      return code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code)
    },
  )
}
