import { SvcsplitError } from '#errors.js'
import { cacheDir } from '#io/cache-dir.js'
import { showUrl } from '#io/url-text.js'
import { defaultIndexOfPip, pipConfigurationFiles, readPipConfiguration } from './pip-configuration.js'

export interface IndexChoice {
  /** What the command line says. */
  readonly indexUrl?: string
  readonly extraIndexUrls?: readonly string[]
  /** Default: the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Default: the files that pip reads. */
  readonly configurationFiles?: readonly string[]
  /** Default: what `python3 -m pip` states in its help. */
  readonly pipDefault?: () => Promise<string | undefined>
}

/** Simple repository addresses (PEP 503) without trailing slash; the first one that has a name is the only one asked for it. */
export interface Indexes {
  readonly urls: readonly [string, ...string[]]
  /** Where the first one comes from, for people. */
  readonly source: string
}

/**
 * Which index to use: the flag, else `PIP_INDEX_URL`, else pip's configuration files, else the default that pip
 * itself states. Extra indexes come from the flags, else `PIP_EXTRA_INDEX_URL`, else those files.
 * @throws E-IDX-UNKNOWN
 */
export async function findIndexes(choice: IndexChoice = {}): Promise<Indexes> {
  const environment = choice.environment ?? process.env
  const configured = readPipConfiguration(choice.configurationFiles ?? pipConfigurationFiles(environment))
  const extras = choice.extraIndexUrls?.length
    ? choice.extraIndexUrls
    : (words(environment.PIP_EXTRA_INDEX_URL) ?? words(configured.get('extra-index-url')) ?? [])
  const { url, source } = await first(choice, environment, configured)
  return { urls: [checked(url, source), ...extras.map((extra) => checked(extra, 'the extra index'))], source }
}

async function first(
  choice: IndexChoice,
  environment: Readonly<Record<string, string | undefined>>,
  configured: ReadonlyMap<string, string>,
): Promise<{ readonly url: string; readonly source: string }> {
  if (choice.indexUrl !== undefined) return { url: choice.indexUrl, source: '--index-url' }
  const variable = words(environment.PIP_INDEX_URL)?.[0]
  if (variable !== undefined) return { url: variable, source: 'PIP_INDEX_URL' }
  const file = words(configured.get('index-url'))?.[0]
  if (file !== undefined) return { url: file, source: "pip's configuration" }
  const ofPip = await (choice.pipDefault ?? (() => defaultIndexOfPip(cacheDir(environment), environment)))()
  if (ofPip !== undefined) return { url: ofPip, source: "pip's own default" }
  throw new SvcsplitError('E-IDX-UNKNOWN', 'which package index to use is not known', {
    hint: 'give --index-url URL, set PIP_INDEX_URL, or install pip for python3, whose default is then used',
  })
}

function words(text: string | undefined): readonly [string, ...string[]] | undefined {
  const found = (text ?? '').split(/\s+/).filter((word) => word !== '')
  return found.length === 0 ? undefined : (found as [string, ...string[]])
}

function checked(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new SvcsplitError(
      'E-IDX-UNKNOWN',
      `${source} names what is not a http or https address: ${showUrl(text)}`,
      {
        hint: 'an index is written like https://index.example/simple',
      },
    )
  url.hash = ''
  return url.href.replace(/\/+$/, '')
}
