import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

/**
 * What the package consists of: the command line and the library in few files, because a command that reads sixty small
 * modules spends more time on finding them than on its work, and with all libraries that they use, so that installing
 * svcsplit installs svcsplit. Written over what `tsc` has put at `dist/cli/main.js` and `dist/index.js`; the other modules
 * stay for tests and benchmarks. Chunks lie as deep as the modules that they are made of, because some of these find
 * the shipped data by their own place.
 */
const program = defineConfig({
  // cli/svcsplit.cjs, where the program begins, wants the third before it loads the first.
  input: {
    ...{ 'cli/main': 'dist/cli/main.js', index: 'dist/index.js' },
    ...{ 'io/cache-dir': 'dist/io/cache-dir.js', 'layers/prove-thread': 'dist/layers/prove-thread.js' },
  },
  platform: 'node',
  // web-tree-sitter, for what grammars that are not ours might ask of it
  checks: { eval: false },
  external: (id) => id.startsWith('node:') || id === '#package.json',
  plugins: [lazyRequires(), notices('THIRD-PARTY-NOTICES.txt')],
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  },
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

/** Libraries that a module loads when it first needs them, and not as it is imported, are taken in as such. */
function lazyRequires() {
  return {
    name: 'lazy-requires',
    transform: (code) => code.replace(/\bcreateRequire\(import\.meta\.url\)\('(?!#)/g, "require('"),
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

export default [program, types, page]
