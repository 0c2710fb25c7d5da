import { dirname, join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { type EngineName, engineNames } from '#export/engine-list.js'
import { engines } from '#export/engines.js'
import { ensureDir, listDir, move, remove, statusOf } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { type PlanRequest, plan } from './plan.js'

export interface ExportRequest extends PlanRequest {
  readonly engine: string
  /** Where the files go: a folder that is not there, or empty. */
  readonly dir: string
}

interface Exported {
  readonly dir: string
  /** Sorted. */
  readonly files: readonly string[]
}

function engineNamed(name: string): (typeof engines)[EngineName] {
  if (Object.hasOwn(engines, name)) return engines[name as EngineName]
  throw new SvcsplitError('E-CLI-USAGE', `there is no engine ${JSON.stringify(name)}`, {
    hint: `known are ${engineNames.join(', ')}`,
  })
}

/** The plan as files for an engine, both for the upgrade and for the way back. @throws E-OUT-EXISTS, and what `plan` throws */
export async function exportPlan(request: ExportRequest): Promise<Exported> {
  const { dir } = request
  const make = engineNamed(request.engine)
  const status = await statusOf(dir)
  if (status !== undefined && (status.kind !== 'folder' || (await listDir(dir)).length > 0))
    throw new SvcsplitError('E-OUT-EXISTS', `${dir} is there and not empty`, {
      hint: 'name another folder: files of an older plan must not stay among the new ones',
    })
  const files = make(await plan(request))
  await ensureDir(dirname(dir))
  await tempDir(
    '.svcsplit-export-',
    async (folder) => {
      for (const { path, text, executable } of files) {
        const target = join(folder, 'export', path)
        await ensureDir(dirname(target))
        await writeAtomic(target, text, executable === true ? { mode: 0o777 } : {})
      }
      if (status !== undefined) await remove(dir)
      await move(join(folder, 'export'), dir)
    },
    { parent: dirname(dir) },
  )
  return { dir, files: files.map(({ path }) => path).sort() }
}
