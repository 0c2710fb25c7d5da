import type { Profile } from './profile.js'
import { inReleaseRange } from './release-range.js'

/**
 * What a file below `/etc/sudoers.d` says of the service in a release: each program of the environment by its
 * absolute path, and no password asked for (sudoers(5)). Empty where nothing is run as root.
 */
export function sudoersText(
  { user, sudoers }: Pick<Profile, 'user' | 'sudoers'>,
  release: string,
  prefix: string,
): string {
  const rules = sudoers.filter(({ releases }) => inReleaseRange(release, releases))
  if (rules.length === 0) return ''
  const lines = rules.map(({ command }) => `${user.name} ALL = (root) NOPASSWD: ${prefix}/bin/${command}`)
  return `${[`Defaults:${user.name} !requiretty`, ...lines].join('\n')}\n`
}
