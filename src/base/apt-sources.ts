import { SvcsplitError } from '#errors.js'
import { run } from '#io/exec.js'

const fields = '$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(REPO_URI)'

/**
 * The machine's own apt sources for a Debian suite, with updates and security, as lines of sources.list: what
 * works for the machine works for its images, and nothing else has to be configured. Empty if the machine has
 * none; mmdebstrap then takes Debian's own.
 */
export async function aptSources(suite: string): Promise<readonly string[]> {
  let output: string
  try {
    const asked = ['indextargets', '--format', fields, 'Created-By: Packages']
    output = (await run('apt-get', asked, { timeoutMs: 60_000 })).stdout
  } catch (error) {
    if (error instanceof SvcsplitError && error.code === 'E-EXE-MISSING') return []
    if (error instanceof SvcsplitError && error.code === 'E-EXE-FAILED') return []
    throw error
  }
  return sourceLines(output, suite)
}

/** Debian's own main archive only: a third party's packages on the build machine have no place in an image. */
export function sourceLines(indexTargets: string, suite: string): readonly string[] {
  const releases = [suite, `${suite}-updates`, `${suite}-security`]
  const lines = new Set<string>()
  for (const line of indexTargets.split('\n')) {
    const [release = '', component, origin, uri = ''] = line.split('|')
    if (!releases.includes(release) || component !== 'main' || origin !== 'Debian') continue
    if (!/^(?:https?|file|copy|mirror[a-z+]*):\S+$/.test(uri)) continue
    lines.add(`deb ${uri} ${release} main`)
  }
  // updates alone are no archive to bootstrap from
  return [...lines].some((line) => line.endsWith(` ${suite} main`)) ? [...lines] : []
}
