/** Engines that exist, in the order in which they are told. The command line names them without loading what writes their files. */
export const engineNames = [
  'kolla-ansible',
  'openstack-helm',
  'compose',
  'quadlet',
  'kubernetes',
  'bake',
  'zuul',
] as const

export type EngineName = (typeof engineNames)[number]
