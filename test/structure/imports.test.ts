import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bannedModules, effectModules, type FolderRule, folderRules } from './import-rules.js'

const src = fileURLToPath(new URL('../../src/', import.meta.url))
const architecture = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url))

interface Import {
  readonly from: string
  readonly target: string
  readonly typeOnly: boolean
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .sort()

/** Every static or dynamic import of a source file; `import { type A, b }` counts as an import of values. */
function importsOf(path: string): Import[] {
  const text = readFileSync(src + path, 'utf8')
  const statements = text.matchAll(
    /^(?:import|export)\s+(?<type>type\s)?[^'";]*?from\s+'(?<module>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'\s*\)/gm,
  )
  return [...statements].map((match) => ({
    from: path,
    target: match.groups!.module ?? match.groups!.dynamic!,
    typeOnly: match.groups!.type !== undefined,
  }))
}

const all = files.flatMap(importsOf)
const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : '')
const ruleOf = new Map(folderRules.map((rule) => [rule.folder, rule]))
const openToAll = ['errors.js', 'progress.js', 'version.js']

/** What is bundled for the browser: it has no Node, and nothing of the program but what it is given. */
const browserCode = 'report/html/page/'

/** The path in src/ of a relative import. */
function reached({ from, target }: Import): string {
  return target.startsWith('.') ? posix.join(posix.dirname(from), target) : target
}

function isOfBrowser(entry: Import): boolean {
  return reached(entry).startsWith('report/html/') || /^preact(\/|$)/.test(entry.target)
}

function offence(entry: Import): string | undefined {
  const where = `src/${entry.from} imports ${entry.target}`
  const folder = folderOf(entry.from)
  if (bannedModules.has(entry.target)) return `${where}: ${bannedModules.get(entry.target)}`
  if (effectModules.includes(entry.target) && folder !== 'io') return `${where}: effects belong to io/`
  if (folder === '') return undefined
  if (entry.target.startsWith('../') && folderOf(reached(entry)) !== folder)
    return `${where}: use the # alias to cross folders`
  if (entry.from.startsWith(browserCode) && !isOfBrowser(entry))
    return `${where}: it runs in a browser, where there is report/html and Preact`
  if (!entry.from.startsWith(browserCode) && reached(entry).startsWith(browserCode))
    return `${where}: the page is bundled, not imported`
  if (!entry.target.startsWith('#')) return undefined
  const target = folderOf(entry.target.slice(1))
  if (target === '') return openToAll.includes(entry.target.slice(1)) ? undefined : where
  if (target === folder) return `${where}: use ./ inside a folder`
  const rule = ruleOf.get(folder)
  if (rule === undefined) return `${where}: src/${folder} has no rule`
  if (rule.may.includes(target)) return undefined
  if (entry.typeOnly && rule.types.includes(target)) return undefined
  return entry.typeOnly ? where : `${where} (values)`
}

function tableRow(rule: FolderRule): string {
  const may = [...rule.may.map((name) => `\`${name}\``), ...rule.types.map((name) => `\`${name}\` types`)]
  return `| ${rule.rank} | \`${rule.folder}/\` | ${rule.purpose} | ${may.length === 0 ? '-' : may.join(', ')} |`
}

describe('the import rules', () => {
  it('hold for every import in src/', () => {
    expect(all.map(offence).filter((text) => text !== undefined)).toEqual([])
  })

  it('rise: no folder may import its own rank or a higher one', () => {
    const rising = folderRules.flatMap((rule) =>
      [...rule.may, ...rule.types]
        .filter((target) => target !== 'verbs' || rule.folder !== 'report')
        .filter((target) => ruleOf.get(target)!.rank >= rule.rank)
        .map((target) => `${rule.folder} -> ${target}`),
    )
    expect(rising).toEqual([])
  })

  it('name every folder that there is, and no other', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''))
    expect([...folders].sort()).toEqual([...ruleOf.keys()].sort())
  })

  it('stand in docs/architecture.md as they are here (UPDATE=1 rewrites the table)', () => {
    const text = readFileSync(architecture, 'utf8')
    const table = `${folderRules.map(tableRow).join('\n')}\n`
    if (process.env.UPDATE === '1') {
      writeFileSync(architecture, text.replace(/(?<=^\|---\|---\|---\|---\|\n)(\|.*\n)*/m, table))
    }
    expect(readFileSync(architecture, 'utf8')).toContain(table)
  })
})

describe('the sources', () => {
  it('have no cycle of imports inside a folder', () => {
    const edges = new Map(
      files.map((path) => [
        path,
        importsOf(path)
          .filter((entry) => entry.target.startsWith('.') && !entry.typeOnly)
          .map((entry) => reached(entry).replace(/\.js$/, ''))
          .flatMap((stem) => files.filter((file) => file === `${stem}.ts` || file === `${stem}.tsx`)),
      ]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      else if (!done.has(path)) for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
    for (const path of files) visit(path, [])
    expect(cycles).toEqual([])
  })

  it('are named in kebab-case, with no barrel but the public one', () => {
    expect(files.filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.tsx?$/.test(path))).toEqual([])
    expect(files.filter((path) => path !== 'index.ts' && path.endsWith('/index.ts'))).toEqual([])
  })
})
