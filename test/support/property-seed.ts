import fc from 'fast-check'

/** In CI the same cases every time, so that a red run is the change's fault; elsewhere new ones in every run. */
if (process.env.CI === 'true') fc.configureGlobal({ seed: 20_261_123 })
