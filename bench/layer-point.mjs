/**
 * One point of a curve: makes the layers of one image of COUNT wheels, or of COUNT images of the wheels that `made-wheels.mjs`
 * wrote, and prints what it counted.
 * usage: node layer-point.mjs wheels|images FOLDER COUNT
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBlobStore } from '#io/blob-store.js'
import { environmentLayers } from '#layers/environment-layers.js'
import { planLayers } from '#layers/plan.js'
import { fleetOfImages } from './made-fleet.mjs'

const [kind = '', folder = '', count = '0'] = process.argv.slice(2)
const wheels = JSON.parse(readFileSync(join(folder, 'wheels.json'), 'utf8'))
const { images, weights } = fleetOfImages(wheels, kind === 'images' ? Number(count) : 1, kind === 'wheels')
const store = openBlobStore(join(folder, 'blobs'), { durable: false })
/** @type {Map<string, number>} */
const stored = new Map()
let together = 0
let made = 0
for (const { root, list } of images) {
  const groups = planLayers({ distributions: list, root, weights, services: images.length })
  const layers = await environmentLayers({
    prefix: '/opt/venv',
    python: '3.11',
    pythonPath: '/usr/bin/python3.11',
    wheels: list.map((wheel) => ({
      ...wheel,
      path: join(folder, wheel.sha256),
      requested: wheel.name === root,
    })),
    groups,
    configuration: {
      ...{ user: { name: 'demo', uid: 42400, gid: 42400 }, directories: [], data: new Map(), sudoers: '' },
      ...{ systemModules: [], passwd: 'root:x:0:0:root:/root:/bin/bash\n', group: 'root:x:0:\n' },
    },
    store,
    cacheDir: join(folder, 'cache'),
  })
  made += layers.filter(({ cached }) => !cached).length
  for (const { descriptor } of layers) {
    stored.set(descriptor.digest, descriptor.size)
    together += descriptor.size
  }
}
const distinct = [...stored.values()].reduce((sum, size) => sum + size, 0)
console.log(
  JSON.stringify({
    'layers made': made,
    'MB stored': Number((distinct / 1e6).toFixed(1)),
    'MB of single images': Number((together / 1e6).toFixed(1)),
  }),
)
