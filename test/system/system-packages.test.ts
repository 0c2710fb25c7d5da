import { describe, expect, it } from 'vitest'
import { aptVersions } from '#base/apt-packages.js'
import { aptSources } from '#base/apt-sources.js'
import { loadFleet } from '#inputs/fleet.js'
import { packagesOfProfiles } from '#verbs/catalog-packages.js'
import { needs } from '../support/tools.js'

const tools = needs('apt-get', 'apt-cache')

describe.skipIf(tools.missing)(tools.title('the system packages of the shipped profiles'), () => {
  it('are all in the archive that images are bootstrapped from', async () => {
    const wanted = packagesOfProfiles(loadFleet(undefined, false))
    const found = await aptVersions(await aptSources('bookworm'), [...wanted, 'svcsplit-no-such-package'])
    expect([...found.keys()].sort()).toEqual(wanted)
  })
})
