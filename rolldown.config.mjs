import { defineConfig } from 'rolldown'

/**
 * The command line in few files: a command that reads sixty small modules spends more time on finding them than
 * on its work. Written over what `tsc` has put at `dist/cli/main.js`; the other modules stay for who imports them.
 * Chunks lie as deep as the modules that they are made of, because some of these find the shipped data by their
 * own place. Only commander is taken in, which every run needs.
 */
const program = defineConfig({
  input: 'dist/cli/main.js',
  platform: 'node',
  external: (id) => /^[a-z@]/.test(id) && id !== 'commander',
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: 'cli/[name].js',
    chunkFileNames: 'chunks/[name].js',
  },
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

export default [program, page]
