/**
 * `npm run bench [-- NAME...] [--quick] [--docs]`: each benchmark runs svcsplit and its peer in turn in one run and
 * keeps what it measured in `bench/results/NAME.json`. `--quick`: two rounds. `--docs`: write `docs/benchmarks.md` and its plots
 * from all kept results afterwards; `--docs` with `--none` does only that. `--list` names the benchmarks.
 * Needs python3; what it compares with is installed beside the cache when a benchmark first asks for it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { analyzeFleet, gateFleet, readSources } from './analyze.mjs'
import { compete, resultText } from './compete.mjs'
import { createContext, machine } from './context.mjs'
import { fleetWorkers } from './fleet-workers.mjs'
import {
  fleetFromStore,
  glanceColdOverBuildah,
  glanceColdOverLimit,
  glanceColdOverUv,
  glanceLibraryChanged,
  glanceServiceChanged,
  glanceUnchanged,
} from './images.mjs'
import { writePage } from './page.mjs'
import { pairsOverCoinst, pairsOverDose } from './pairs.mjs'
import { copyOverSkopeo, pushOverSkopeo } from './registry.mjs'
import { reportOpened } from './report.mjs'
import { allPairs, resolveByPip, resolveService, shareFifteen, shareMixed } from './resolve.mjs'
import { scaleImages, scaleReleases, scaleServices, scaleWheels } from './scale.mjs'
import { solverCases } from './solver-cases.mjs'
import { startUp } from './start-up.mjs'

/** @type {Readonly<Record<string, (context: import('./context.mjs').Context) => import('./compete.mjs').Benchmark>>} */
const benchmarks = {
  'start-up': startUp,
  'analyze-fleet': analyzeFleet,
  'gate-fleet': gateFleet,
  'report-open': reportOpened,
  'read-sources': readSources,
  'resolve-service': resolveService,
  'resolve-pip': resolveByPip,
  'share-fifteen': shareFifteen,
  'share-mixed': shareMixed,
  'all-pairs': allPairs,
  'pairs-coinst': pairsOverCoinst,
  'pairs-dose': pairsOverDose,
  'solver-cases': solverCases,
  'image-limit': glanceColdOverLimit,
  'image-uv': glanceColdOverUv,
  'image-buildah': glanceColdOverBuildah,
  'image-unchanged': glanceUnchanged,
  'image-service-changed': glanceServiceChanged,
  'image-library-changed': glanceLibraryChanged,
  'image-fleet': fleetFromStore,
  'push-skopeo': pushOverSkopeo,
  'copy-skopeo': copyOverSkopeo,
}

/** What has points on a curve in place of a race. @type {Readonly<Record<string, (context: import('./context.mjs').Context) => object>>} */
const curves = {
  'scale-services': scaleServices,
  'scale-releases': scaleReleases,
  'scale-wheels': scaleWheels,
  'scale-images': scaleImages,
  'fleet-workers': fleetWorkers,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    docs: { type: 'boolean' },
    none: { type: 'boolean' },
    list: { type: 'boolean' },
  },
})
const names = [...Object.keys(benchmarks), ...Object.keys(curves)]
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}
if (values.list === true) {
  console.log(names.join('\n'))
  process.exit(0)
}

const work = mkdtempSync(join(tmpdir(), 'svcsplit-bench-'))
let failed = 0
try {
  const context = createContext(work, values.quick === true ? 2 : 7)
  const results = join(context.root, 'bench/results')
  mkdirSync(results, { recursive: true })
  const { processors, memoryGiB, node, load } = machine()
  if (values.none !== true) console.log(`Node ${node}, ${processors}, ${memoryGiB} GiB, load ${load}\n`)
  const chosen = values.none === true ? [] : positionals.length > 0 ? positionals : names
  for (const name of chosen) {
    const keep = (/** @type {object} */ result) =>
      writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`)
    const [race, curve] = [benchmarks[name], curves[name]]
    try {
      if (race !== undefined) {
        const result = compete(name, race(context), context)
        keep(result)
        console.log(`${resultText(result)}\n`)
      } else if (curve !== undefined) {
        console.log(`${name}:`)
        keep({ name, ...curve(context) })
      }
    } catch (error) {
      // The others still have something to say.
      failed += 1
      console.error(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  if (values.docs === true) writePage(context.root, names)
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (failed > 0) process.exitCode = 1
