import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './world/processes.mjs'

/** Whose constraints the client of the load has. */
const clientRelease = '2025.2'

/**
 * What is made with a network, before the cloud is started without one: the images, by svcsplit, and the client.
 * @param {{ root: string, cache: string, wanted: readonly string[], say: (text: string) => void }} context
 * `wanted`: `keystone@2025.1`
 * @returns {Promise<{ layout: string, client: string }>} the OCI layout, and the folder of the client's environment
 */
export async function prepare({ root, cache, wanted, say }) {
  mkdirSync(cache, { recursive: true })
  const layout = join(cache, 'images')
  for (const name of wanted) {
    say(`build ${name}`)
    const command = [join(root, 'dist/cli/svcsplit.cjs'), 'build', name, '-o', `oci:${layout}`]
    await mustRun(process.execPath, command, { seconds: 1800 })
  }
  return { layout, client: await environment(root, cache, say) }
}

/**
 * The client's environment, kept as long as its requirements are the same.
 * @param {string} root @param {string} cache @param {(text: string) => void} say
 */
async function environment(root, cache, say) {
  const folder = join(cache, 'client')
  const requirements = join(root, 'proof/load/requirements.txt')
  const constraints = join(root, `constraints/${clientRelease}.txt`)
  const made = join(folder, 'made-from.txt')
  const from = readFileSync(requirements, 'utf8') + readFileSync(constraints, 'utf8')
  if (existsSync(made) && readFileSync(made, 'utf8') === from) return folder
  say('install the client')
  await mustRun('python3', ['-m', 'venv', '--clear', folder], { seconds: 300 })
  const pip = ['install', '--quiet', '--disable-pip-version-check']
  await mustRun(join(folder, 'bin/pip'), [...pip, '-r', requirements, '-c', constraints], { seconds: 900 })
  writeFileSync(made, from)
  return folder
}
