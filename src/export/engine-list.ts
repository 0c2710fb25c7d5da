/** Engines that exist, in the order in which they are told. */
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
