import { describe, expect, it } from 'vitest'
import { isBrokenAsPublished } from '#verify/start.js'

describe('A script of a library is broken as it was published', () => {
  const failure = (message: string, type = 'builtins.ImportError') => ({ type, message })
  const ofOsKen =
    "cannot import name 'version' from 'os_ken' (/opt/venv/lib/python3.11/site-packages/os_ken/__init__.py)"

  it('where a name of its own distribution is not there, as in os-ken 2.9', () => {
    expect(isBrokenAsPublished(failure(ofOsKen), 'os_ken.cmd.manager')).toBe(true)
  })

  it.each([
    [
      'a name of another distribution, whose version another lock may mend',
      failure(ofOsKen),
      'neutron.cmd.x',
    ],
    [
      'a library that the loader does not find',
      failure('libx.so.1: cannot open shared object file'),
      'os_ken.cmd',
    ],
    ['what it does when it runs', failure(ofOsKen, 'builtins.ValueError'), 'os_ken.cmd'],
  ])('and not by %s', (_, given, module) => {
    expect(isBrokenAsPublished(given, module)).toBe(false)
  })
})
