import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SvcsplitError } from '#errors.js'
import { sha256 } from '#oci/digest.js'
import { parseChallenges } from '#registry/challenge.js'
import { type Fault, startRegistry } from '../support/oci-registry.js'
import { client, testImage } from './fixture.js'

const repository = 'openstack/glance'

const fault: fc.Arbitrary<Fault> = fc
  .record({
    method: fc.constantFrom('HEAD', 'GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
    path: fc.constantFrom(/./, /blobs/, /uploads/, /manifests/, /manifests\/1$/),
    skip: fc.nat(6),
    times: fc.integer({ min: 1, max: 6 }),
    kind: fc.oneof(
      fc
        .constantFrom(400, 401, 403, 404, 405, 408, 409, 413, 416, 429, 499, 500, 502, 503, 522)
        .map((status) => ({ status })),
      fc.nat(3000).map((cutAfter) => ({ cutAfter })),
      fc.constant({ loseAnswer: true }),
      fc
        .constantFrom<Record<string, string | null>>(
          { location: null },
          { location: '/nowhere' },
          { range: '0-0' },
          { range: '0-4000' },
          { range: 'bytes' },
          { 'docker-content-digest': null },
          { 'docker-content-digest': 'sha256:00' },
        )
        .map((rewrite) => ({ rewrite })),
    ),
  })
  .map(({ kind, ...rest }) => ({ ...rest, ...kind }))

describe('a push', () => {
  it('through any faults is whole, or fails by its own error and leaves the tag', async () => {
    const [old, image] = [await testImage([300]), await testImage([9500, 2000, 700], 2)]
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(1000, 2500, 100_000),
        async (faults, chunkBytes) => {
          const server = await startRegistry()
          const registry = client({ backoffMs: 1 })
          const to = { registry: server.host, repository, tag: '1' }
          try {
            await client().push(old.source, old.root, to)
            server.script(...faults)
            const outcome = await registry
              .push(image.source, image.root, to, { chunkBytes })
              .catch((error) => error)
            const named = server.tags.get(repository)?.get('1')
            if (outcome instanceof Error) {
              expect(outcome).toBeInstanceOf(SvcsplitError)
              // the tag itself may have moved when only its answer was lost
              expect([old.root.digest, image.root.digest]).toContain(named)
            } else expect(named).toBe(image.root.digest)
            if (named !== image.root.digest) return
            for (const { digest } of [image.config, ...image.layers]) {
              const bytes = server.blobs.get(repository)?.get(digest)
              expect(bytes === undefined ? 'missing' : sha256(bytes)).toBe(digest)
            }
          } finally {
            await registry.close()
            await server.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a WWW-Authenticate field', () => {
  it('of any text is read in no time and without a fault', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 5000, unit: fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'Bearer ') }),
        (field) => {
          const started = performance.now()
          parseChallenges(field)
          expect(performance.now() - started).toBeLessThan(200)
        },
      ),
    )
  })

  it('gives back what was written into it', () => {
    const token = fc.stringMatching(/^[a-z]{1,8}$/)
    const value = fc.string({ maxLength: 30 })
    fc.assert(
      fc.property(
        token,
        fc.dictionary(token, value, { maxKeys: 4, noNullPrototype: true }),
        (scheme, parameters) => {
          const written = Object.entries(parameters).map(
            ([name, text]) => `${name}="${text.replaceAll(/["\\]/g, '\\$&')}"`,
          )
          const [challenge] = parseChallenges(`${scheme} ${written.join(', ')}`)
          expect(challenge?.scheme).toBe(scheme)
          expect([...challenge!.parameters]).toEqual(Object.entries(parameters))
        },
      ),
    )
  })
})
