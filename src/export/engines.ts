import type { Plan } from '#upgrade/plan.js'
import { bake, zuul } from './builders.js'
import { compose } from './compose.js'
import { kollaAnsible, openstackHelm } from './deployers.js'
import type { EngineName } from './engine-list.js'
import type { ExportFile } from './files.js'
import { kubernetes } from './kubernetes.js'
import { quadlet } from './quadlet.js'

/** Each engine with the files that it reads; nothing is moved by ours. */
export const engines = {
  'kolla-ansible': kollaAnsible,
  'openstack-helm': openstackHelm,
  compose,
  quadlet,
  kubernetes,
  bake,
  zuul,
} as const satisfies Record<EngineName, (plan: Plan) => readonly ExportFile[]>
