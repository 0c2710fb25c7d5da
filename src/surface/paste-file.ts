/** An object that a paste file has made when it is loaded. */
interface PasteReference {
  /** `oslo_middleware.cors:filter_factory` as `oslo_middleware.cors.filter_factory`. */
  readonly name: string
  readonly module: string
  /** Counted from 1. */
  readonly line: number
  /** The section is part of what the file serves; others are there for a deployment to choose. */
  readonly served: boolean
}

interface Section {
  readonly kind: string
  readonly name: string
  readonly settings: { readonly key: string; readonly value: string; readonly line: number }[]
}

const heading = /^\[(?:([\w-]+):)?([^\]]+)\]\s*$/
const setting = /^([^\s=:#;][^=]*)=(.*)$/
const reference = /^(?!egg:|config:)(?:call:)?([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)$/

/** Whether a file is one that PasteDeploy loads: `api-paste.ini`, `barbican-api-paste.ini`. */
export function isPasteFile(path: string): boolean {
  return /(?:^|[/-])paste\.ini(?:\.(?:sample|dist))?$/.test(path)
}

/**
 * Reads which Python objects a paste file names: `paste.filter_factory = MODULE:OBJECT` and its like, and
 * `use = call:MODULE:OBJECT`. `egg:NAME#ENTRY` names an entry point and is left out. What does not read as a section
 * or a setting is passed over: the file is a service's own, and PasteDeploy is its judge.
 * Source: PasteDeploy, "Config Format".
 */
export function readPasteFile(text: string): readonly PasteReference[] {
  const sections = readSections(text)
  const chosen = new Set(sections.flatMap((section) => mentionsOf(section)))
  return sections.flatMap(({ kind, name, settings }) => {
    const served = name === 'main' || kind === 'composite' || kind === 'pipeline' || chosen.has(name)
    return settings.flatMap(({ key, value, line }) => {
      if (key !== 'use' && !key.startsWith('paste.')) return []
      const found = reference.exec(value)
      return found === null ? [] : [{ module: found[1]!, name: `${found[1]}.${found[2]}`, line, served }]
    })
  })
}

function readSections(text: string): readonly Section[] {
  const sections: Section[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const settings = sections.at(-1)?.settings
    const head = heading.exec(raw)
    if (head !== null) sections.push({ kind: head[1] ?? 'app', name: head[2]!.trim(), settings: [] })
    else if (/^\s+\S/.test(raw) && settings !== undefined && settings.length > 0) {
      // a line that is set in goes on with the value before
      const last = settings.at(-1)!
      settings[settings.length - 1] = { ...last, value: `${last.value} ${raw.trim()}`.trim() }
    } else {
      const found = setting.exec(raw)
      if (found !== null) settings?.push({ key: found[1]!.trim(), value: found[2]!.trim(), line: index + 1 })
    }
  }
  return sections
}

/** The sections that a section hands requests to: any of its words may name one. */
function mentionsOf({ settings }: Section): readonly string[] {
  return settings.flatMap(({ value }) => value.split(/[\s,]+/))
}
