import type { Lock } from '#lock/lock.js'
import { formatPlatform } from '#oci/platform.js'
import type { Report } from './finding.js'
import type { ScannedImage } from './scan.js'
import type { Tree } from './tree.js'

const compilerForm =
  /^(?:[a-z0-9_]+-linux-gnu-)?(?:gcc|cc|g\+\+|c\+\+|c89|c99|clang|clang\+\+|tcc|rustc|gfortran)(?:-[0-9.]+)?$/
const programFolders = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin']
/** Of a Python of the base or of the environment; not one that another distribution has vendored. */
const pipForm = /^(?:.+\/)?lib\/python3[0-9.]*\/(?:dist|site)-packages\/pip(?:-[^/]+\.dist-info)?(?=\/|$)/
const pipProgram = /^pip[0-9.]*$/

/** The user that the image runs as, as numbers where they are known. */
export function imageUser(image: ScannedImage): { readonly uid: number; readonly gid: number } | undefined {
  const [user = '', group] = (image.config.config?.User ?? '').split(':')
  if (user === '') return { uid: 0, gid: 0 }
  const account = accountOf(image.tree, user)
  const uid = /^[0-9]{1,10}$/.test(user) ? Number(user) : account?.uid
  if (uid === undefined) return undefined
  const gid = group !== undefined && /^[0-9]{1,10}$/.test(group) ? Number(group) : (account?.gid ?? uid)
  return { uid, gid }
}

function accountOf(tree: Tree, name: string): { readonly uid: number; readonly gid: number } | undefined {
  for (const line of tree.get('etc/passwd')?.content?.toString('utf8').split('\n') ?? []) {
    const [known, , uid, gid] = line.split(':')
    if (known === name || uid === name) return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}

/** What a good image does not have, and the little that its config has to say. */
export function checkHygiene(image: ScannedImage, lock: Lock | undefined, report: Report): void {
  const { config, tree, prefix } = image
  const platform = formatPlatform({ os: config.os, architecture: config.architecture })
  if (lock !== undefined && platform !== lock.platform)
    report('platform', 'error', `the image is for ${platform}, and the lock for ${lock.platform}`)
  const user = imageUser(image)
  const written = config.config?.User ?? ''
  if (user === undefined) report('user', 'error', `the user ${written} is not in /etc/passwd`)
  else if (user.uid === 0) report('user', 'error', 'the image runs as root')

  for (const { path, mode } of image.privileged)
    report(
      'setuid',
      'error',
      `runs with the rights of its owner or group (mode ${mode.toString(8)}), above the base`,
      path,
    )
  const pips = new Set<string>()
  const hasPip = lock?.distributions.some(({ name }) => name === 'pip') ?? false
  for (const [path, node] of tree) {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    const folder = path.slice(0, Math.max(slash, 0))
    const isProgram = programFolders.includes(folder) || folder === `${prefix}/bin`
    if (isProgram && node.type !== 'folder' && compilerForm.test(name))
      report('compiler', 'error', 'is a compiler', path)
    if (hasPip) continue
    const pip = isProgram && pipProgram.test(name) ? path : pipForm.exec(path)?.[0]
    if (pip !== undefined) pips.add(pip)
  }
  for (const path of pips)
    report('pip', 'error', 'is pip, which an image that is never changed does not need', path)
  const variable = config.config?.Env?.find((line) => line.startsWith('PYTHONDONTWRITEBYTECODE='))
  if (variable === undefined || variable.endsWith('='))
    report('bytecode', 'warning', 'PYTHONDONTWRITEBYTECODE is not set: running the image changes it')
}
