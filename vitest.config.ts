import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** `#folder/file.js` means the source in tests and the build in `dist/` at run time. */
const alias = [
  { find: /^#(.*)\.js$/, replacement: `${fileURLToPath(new URL('src/', import.meta.url))}$1.ts` },
]

/** Whoever runs the tests may have releases of their own: no answer here may rest on them. */
const env = { SVCSPLIT_DATA_DIR: '' }

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          env,
          setupFiles: ['test/support/property-seed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/structure/**'],
          // Heavy ones take seconds of CPU, and a machine that does other work gives them a fraction of it.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: { name: 'structure', include: ['test/structure/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'system',
          env,
          include: ['test/system/**/*.test.ts'],
          globalSetup: ['test/system/setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
