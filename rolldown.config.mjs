import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

/** Libraries that a module loads when it first needs them, and not as it is imported: each a file of its own. */
const lazy = new Map([
  ['ajv/dist/2020.js', 'libraries/ajv'],
  ['yaml', 'libraries/yaml'],
])

/**
 * What the package consists of: the command line and the library in few files, because a command that reads sixty small
 * modules spends more time on finding them than on its work, and with all libraries that they use, so that installing
 * svcsplit installs svcsplit. In CommonJS, which Node loads in half the time of ES modules. Written beside what `tsc` has put
 * into `dist`; those modules stay for tests and benchmarks. Chunks lie as deep as the modules that they are made of,
 * because some of these find the shipped data by their own place.
 */
const program = defineConfig({
  input: {
    ...{ 'cli/main': 'dist/cli/main.js', index: 'dist/index.js' },
    // cli/svcsplit.cjs, where the program begins, wants it before it loads the first.
    'io/cache-dir': 'dist/io/cache-dir.js',
    ...Object.fromEntries([...lazy].map(([library, file]) => [file, library])),
  },
  platform: 'node',
  // web-tree-sitter, for what grammars that are not ours might ask of it
  checks: { eval: false },
  external: (id) => /^(?:node:|#package\.json$|#libraries\/)/.test(id),
  plugins: [lazyRequires(), notices('THIRD-PARTY-NOTICES.txt'), moduleOf('index')],
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
  },
})

/** The second thread, which starts while the first one works. */
const proveThread = defineConfig({
  input: 'dist/layers/prove-thread.js',
  platform: 'node',
  output: { file: 'dist/layers/prove-thread.cjs', format: 'cjs' },
})

/** The types of the library, one file. */
const types = defineConfig({
  input: { index: 'dist/index.d.ts' },
  plugins: [dts({ dtsInput: true, emitDtsOnly: true })],
  output: { dir: 'dist', format: 'esm' },
})

/** The browser's part of HTML reports: one script that asks for nothing, put into every page. */
const page = defineConfig({
  input: 'src/report/html/page/main.tsx',
  platform: 'browser',
  tsconfig: 'src/report/html/page/tsconfig.json',
  output: {
    file: 'dist/report/html/page/main.js',
    format: 'iife',
    minify: true,
    postBanner: '/*! with Preact: MIT licence, copyright (c) 2015-present Jason Miller */',
  },
})

/**
 * What a module loads when it first needs it is loaded so by the program too. commander loads at once what starts the programs
 * of subcommands, which svcsplit has none of.
 */
function lazyRequires() {
  return {
    name: 'lazy-requires',
    transform: (code) =>
      code
        .replace(/\bcreateRequire\(import\.meta\.url\)\('([^']+)'\)/g, (_, id) => {
          const file = lazy.get(id)
          return `require('${file === undefined ? id : `#${file}.cjs`}')`
        })
        .replace(
          "const childProcess = require('node:child_process');",
          "const childProcess = { spawn: (...all) => require('node:child_process').spawn(...all) };",
        ),
  }
}

/** The library as ES module, over the one of `tsc`: the names that the CommonJS one has. */
function moduleOf(name) {
  return {
    name: 'module-of',
    generateBundle(_, bundle) {
      const { exports } = Object.values(bundle).find((chunk) => chunk.isEntry && chunk.name === name)
      this.emitFile({
        type: 'asset',
        fileName: `${name}.js`,
        source: `export { ${exports.toSorted().join(', ')} } from './${name}.cjs'\n`,
      })
    },
  }
}

/** Writes which packages were taken in, each with its licence: what the licences ask of whoever passes them on. */
function notices(fileName) {
  return {
    name: 'notices',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? [])
      const taken = [...modules, ...beside].flatMap((id) => packageOf(id) ?? [])
      const texts = [...new Set(taken)].sort().map(noticeOf)
      this.emitFile({ type: 'asset', fileName, source: texts.join(`\n${'-'.repeat(80)}\n\n`) })
    },
  }
}

/** Taken in too, by the page and by `npm run build`. */
const beside = ['preact', 'tree-sitter-python', 'web-tree-sitter'].map((name) => `${import.meta.dirname}/node_modules/${name}/package.json`)

function packageOf(id) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]
}

function noticeOf(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  // Lists of the SPDX workgroup come without a file: who made them, from where, and where the licence can be read.
  const text =
    file === undefined
      ? `By ${author?.name ?? author}, ${repository?.url ?? repository}\nhttps://spdx.org/licenses/${license}.html`
      : readFileSync(join(folder, file), 'utf8').trim()
  return `${name} ${version}, ${license}\n\n${text}\n`
}

export default [program, proveThread, types, page]
