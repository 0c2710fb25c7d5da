/**
 * Reads the sources of a service and of all that it needs from the wheels in the store, keeping nothing. Run by `run.mjs`.
 *
 * usage: read-sources.mjs nova@2026.1
 */
import { join } from 'node:path'
import { loadFleet } from '#inputs/fleet.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import { shippedSnapshot } from '#verbs/known-data.js'
import { lockRelease } from '#verbs/lock.js'
import { factsOfWheel, fileToRead } from '#verbs/wheel-sources.js'

const fleet = loadFleet()
const snapshot = shippedSnapshot(fleet)
const { service, release } = serviceReleaseNamed(fleet.releases, process.argv[2] ?? 'nova@2026.1')
const wanted = {
  service,
  release: release.name,
  python: '3.11',
  platform: /** @type {const} */ ('linux/amd64'),
  glibc: '2.36',
}
const store = openBlobStore(join(cacheDir(), 'blobs'))
const forgetful = { get: async () => undefined, put: async () => {}, has: () => false }
let [wheels, missing, modules] = [0, 0, 0]
for (const { name, version } of lockRelease(fleet, snapshot, wanted).distributions) {
  const wheel = fileToRead(snapshot.files(name, version))
  if (wheel === undefined || !(await store.has(wheel.sha256))) {
    missing += 1
    continue
  }
  wheels += 1
  const facts = await factsOfWheel(wheel, store.path(wheel.sha256), forgetful)
  modules += Object.keys(facts.modules).length
}
console.log(JSON.stringify({ wheels, missing, modules }))
