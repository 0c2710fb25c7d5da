import type { DistributionFacts } from '#surface/module-facts.js'
import { readDistribution } from '#surface/read-distribution.js'

/** What is read of files given as text. */
export function readTexts(files: Readonly<Record<string, string | Uint8Array>>): Promise<DistributionFacts> {
  return readDistribution(
    Object.entries(files).map(([path, content]) => ({
      path,
      read: () => (typeof content === 'string' ? Buffer.from(content) : content),
    })),
  )
}
