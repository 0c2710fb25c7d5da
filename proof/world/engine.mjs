import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { registryPort } from './registry.mjs'

/** Where podman puts what it pulls before it unpacks it. @param {string} work */
export const pullFolder = (work) => join(work, 'engine/pull')

/**
 * A podman with a store of its own. Docker's limits are more than some machines give, and a run without systemd
 * has no manager of cgroups but the file system.
 * @param {string} work @param {'overlay' | 'vfs'} driver
 * @returns {NodeJS.ProcessEnv}
 */
export function engineEnvironment(work, driver) {
  const folder = join(work, 'engine')
  mkdirSync(pullFolder(work), { recursive: true })
  const file = (/** @type {string} */ name, /** @type {readonly string[]} */ lines) => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
    return join(folder, name)
  }
  return {
    CONTAINERS_CONF: file('containers.conf', [
      '[containers]',
      'default_ulimits = ["nofile=4096:4096", "nproc=2000:2000"]',
      'log_driver = "k8s-file"',
      'cgroups = "disabled"',
      '[engine]',
      'runtime = "crun"',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "none"',
      `tmp_dir = "${join(folder, 'tmp')}"`,
      `image_copy_tmp_dir = "${pullFolder(work)}"`,
    ]),
    CONTAINERS_STORAGE_CONF: file('storage.conf', [
      '[storage]',
      `driver = "${driver}"`,
      `graphroot = "${join(folder, 'store')}"`,
      `runroot = "${join(folder, 'run')}"`,
    ]),
    CONTAINERS_REGISTRIES_CONF: file('registries.conf', [
      '[[registry]]',
      `location = "127.0.0.1:${registryPort}"`,
      'insecure = true',
    ]),
  }
}
