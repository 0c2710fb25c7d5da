import type { Process, Profile } from './profile.js'
import { someReleaseIn } from './release-range.js'

/** What a schema cannot say against a profile. */
interface Contradiction {
  readonly message: string
  readonly hint: string
  /** JSON pointer to where it shows. */
  readonly pointer: string
}

/** The first thing in a profile that cannot be meant. */
export function contradictionIn(profile: Profile): Contradiction | undefined {
  for (const [key, list] of [
    ['additions', profile.additions],
    ['processes', profile.processes],
    ['bindings', profile.bindings],
    ['sudoers', profile.sudoers],
  ] as const)
    for (const [index, { releases }] of list.entries())
      if (releases !== undefined && someReleaseIn(releases) === undefined)
        return {
          message: `no release is in ${releases}`,
          hint: 'a range is as >=2024.1,<2025.2, or left out where every release is meant',
          pointer: `/${key}/${index}/releases`,
        }
  for (const [index, process] of profile.processes.entries()) {
    const found = processContradiction(process, profile.processes.slice(0, index))
    if (found !== undefined) return { ...found, pointer: `/processes/${index}${found.pointer}` }
  }
  return doubleFolder(profile)
}

function processContradiction(process: Process, before: readonly Process[]): Contradiction | undefined {
  const { name, wsgi, port, health, releases } = process
  if (health !== undefined && port === undefined)
    return {
      message: `${name} is asked for ${health}, and no port is known`,
      hint: 'add its port, or leave out health',
      pointer: '/health',
    }
  if (wsgi !== undefined && port === undefined && process.command[0] === 'uwsgi')
    return {
      message: `${name} serves a WSGI application, and nothing says where`,
      hint: 'add its port, or the command that serves it',
      pointer: '/wsgi',
    }
  const twice = before.find((other) => other.name === name && shared(other.releases, releases) !== undefined)
  if (twice !== undefined)
    return {
      message: `${name} is there twice in ${shared(twice.releases, releases)}`,
      hint: 'let the releases of the two end and begin at one release, as <2025.1 and >=2025.1',
      pointer: '/name',
    }
  return undefined
}

/** A release that both ranges hold. */
function shared(one: string | undefined, other: string | undefined): string | undefined {
  return someReleaseIn([one, other].filter((range) => range !== undefined).join())
}

function doubleFolder({ directories, data }: Profile): Contradiction | undefined {
  const index = directories.findIndex((path, at) => directories.indexOf(path) < at)
  if (index >= 0)
    return {
      message: `${directories[index]} is there twice`,
      hint: 'name each folder once',
      pointer: `/directories/${index}`,
    }
  const targets = [...data]
  const double = targets.find(([, to], at) => targets.findIndex(([, other]) => other === to) < at)
  return double === undefined
    ? undefined
    : {
        message: `two folders of the environment go to ${double[1]}`,
        hint: 'give each a place of its own',
        pointer: `/data/${double[0].replaceAll('~', '~0').replaceAll('/', '~1')}`,
      }
}
