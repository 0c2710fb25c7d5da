import { archiveRows } from './archives.js'
import { imageRows } from './images.js'
import { indexRows } from './indexes.js'
import { lockRows } from './locks.js'
import { outputRows } from './outputs.js'
import { registryRows } from './registries.js'
import { requirementRows } from './requirements.js'
import type { Row } from './row.js'
import { wheelRows } from './wheels.js'
import { yamlRows } from './yaml-files.js'

/** Every row that runs. */
export const rows: readonly Row[] = [
  ...requirementRows,
  ...lockRows,
  ...wheelRows,
  ...archiveRows,
  ...yamlRows,
  ...imageRows,
  ...indexRows,
  ...registryRows,
  ...outputRows,
]
