/**
 * What is done to the cloud while the load runs, in this order.
 * @typedef {{ service: 'keystone' | 'glance', to: string, fault: string }} FaultyHop one try that goes wrong, and back
 * @typedef {{ service: 'keystone' | 'glance', to: string, contract?: boolean, back?: boolean,
 *   inPlace?: boolean }} Hop
 * forward, back, forward again; and back once more (`back`), or beyond the point of no return (`contract`). Beside the
 * old replicas, on their spare ports; or in their places (`inPlace`), where each way back is a start
 * @typedef {{ from: string, services: readonly ('keystone' | 'glance')[], load: string,
 *   acts: readonly (Hop | FaultyHop)[] }} Scenario
 */

/** @type {Scenario} */
export const long = {
  from: '2025.1',
  services: ['keystone', 'glance'],
  load: 'tokens,images',
  acts: [
    { service: 'keystone', to: '2025.2', fault: 'registry' },
    { service: 'keystone', to: '2025.2', fault: 'kill' },
    { service: 'keystone', to: '2025.2', back: true },
    { service: 'glance', to: '2025.2', fault: 'disk' },
    { service: 'glance', to: '2025.2', back: true },
    { service: 'glance', to: '2025.2', inPlace: true, back: true },
    { service: 'keystone', to: '2026.1', fault: 'expand' },
    { service: 'keystone', to: '2026.1', contract: true },
    { service: 'glance', to: '2026.1', contract: true },
  ],
}

/** @type {Scenario} */
export const short = {
  from: '2025.1',
  services: ['keystone'],
  load: 'tokens',
  acts: [
    { service: 'keystone', to: '2025.2', fault: 'kill' },
    { service: 'keystone', to: '2025.2', contract: true },
  ],
}

/** The images that a scenario needs. @param {Scenario} scenario @returns {readonly string[]} */
export function imagesOf({ from, services, acts }) {
  return [
    ...new Set([
      ...services.map((service) => `${service}@${from}`),
      ...acts.map(({ service, to }) => `${service}@${to}`),
    ]),
  ]
}
