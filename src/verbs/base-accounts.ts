import { join } from 'node:path'
import type { BaseImage } from '#base/base-image.js'
import { SvcsplitError } from '#errors.js'
import { readImageFiles } from '#image/read-files.js'
import { readText } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { hexOf } from '#oci/digest.js'

/** `etc/passwd` and `etc/group` of a base. */
interface Accounts {
  readonly passwd: string
  readonly group: string
}

const maxBytes = 4 * 1024 * 1024

/** The accounts of a base: its layers are unpacked for them once, its digest says that they are still the same. */
export async function accountsOf(base: BaseImage, cacheDir: string): Promise<Accounts> {
  const record = join(cacheDir, 'bases', 'accounts', `${hexOf(base.digest)}.json`)
  const known = await readKept(record)
  if (known !== undefined) return known
  const files = await readImageFiles(base.layout, base.manifest, ['etc/passwd', 'etc/group'])
  const accounts = {
    passwd: files.get('etc/passwd')?.toString() ?? '',
    group: files.get('etc/group')?.toString() ?? '',
  }
  await writeAtomic(record, `${JSON.stringify(accounts)}\n`)
  return accounts
}

/** A record that cannot be read counts as absent. */
async function readKept(path: string): Promise<Accounts | undefined> {
  try {
    const { passwd, group } = JSON.parse(await readText(path, { maxBytes })) as Partial<Accounts>
    return typeof passwd === 'string' && typeof group === 'string' ? { passwd, group } : undefined
  } catch (error) {
    if (error instanceof SvcsplitError || error instanceof SyntaxError) return undefined
    throw error
  }
}
