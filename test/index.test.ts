import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { savedResult } from '#verbs/saved-result.js'
import { analyze, plan, resolve, share } from '../src/index.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-library-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the library', () => {
  it('answers a plan as the command saves it', async () => {
    const answer = await plan({ targets: ['glance@2025.2'], from: '2025.1', offline: true })
    const path = join(folder, 'plan.json')
    writeFileSync(path, JSON.stringify(answer))
    const saved = await savedResult(path)
    expect(saved).toMatchObject({ kind: 'plan', steps: [] })
    expect(answer.plan.services.map(({ service }) => service)).toEqual(['glance'])
  })

  /** As a program without types, or without `exactOptionalPropertyTypes`, may ask. */
  const anyhow = <T>(request: object): T => request as T

  it('takes what is undefined as not said', async () => {
    const unsaid = { python: undefined, platform: undefined }
    const services = ['glance@2025.1']
    await expect(share(anyhow({ ...unsaid, services }))).resolves.toMatchObject({ sharable: true })
    const analyzed = await analyze(anyhow({ ...unsaid, services, host: '2025.1', offline: undefined }))
    expect(analyzed.target.host).toMatchObject({ python: '3.11', platform: 'linux/amd64' })
    const files = { requirementsFiles: undefined, constraintsFiles: undefined, prereleases: undefined }
    const asked = { ...unsaid, ...files, requirements: ['pbr'], offline: true }
    await expect(resolve(anyhow(asked))).resolves.toHaveProperty('pins.pbr')
  })

  it.each([
    ['a platform', () => share(anyhow({ services: ['glance@2025.1'], platform: 'windows' }))],
    ['a platform', () => analyze(anyhow({ services: ['glance@2025.1'], platform: 'windows' }))],
    ['a Python', () => resolve({ requirements: ['pbr'], python: 'latest', offline: true })],
    ['a way with pre-releases', () => resolve(anyhow({ requirements: ['pbr'], prereleases: 'foo' }))],
    ['no requirement', () => resolve({})],
    ['no target', () => plan(anyhow({}))],
    ['no service', () => share(anyhow({}))],
  ])('refuses %s that there is not', async (_, ask) => {
    await expect(ask()).rejects.toMatchObject({ name: 'SvcsplitError', code: 'E-CLI-USAGE' })
  })
})
