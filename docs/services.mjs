// Writes docs/services.md from the reports of builds:
//   for r in 2024.1 2024.2 2025.1 2025.2 2026.1; do
//     svcsplit build --all --release $r -o oci:images --report json > $r.json
//   done
// Reports of single images may follow: the last one that has an image counts.
//   node docs/services.mjs 2024.1.json 2024.2.json 2025.1.json 2025.2.json 2026.1.json
import { readFileSync, writeFileSync } from 'node:fs'

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')).images)
const releaseOf = ({ name }) => name.split(/[:@]/)[1]
const releases = [...new Set(reports.map(([image]) => releaseOf(image)))].sort()
const services = [...new Set(reports.flat().map(({ name }) => name.split(/[:@]/)[0]))].sort()
/** Of several reports of a release, the last that has the image. */
const imageOf = (service, release) =>
  reports.flat().findLast(({ name }) => name === `${service}:${release}` || name === `${service}@${release}`)

function cell(image) {
  if (image === undefined) return '–'
  if (image.error !== undefined) return `not built: ${image.error.message.replaceAll('|', '/')}`
  return `${image.distributions}${image.built.length === 0 ? '' : ` (${image.built.length})`}`
}

/** What came of starting an image: what loads and waits for a configuration, and scripts that want something else. */
function started(image) {
  if (image?.error !== undefined) return 'no'
  const { start, findings = [] } = image?.proof ?? {}
  if (start === undefined || start.engine === 'none') return '–'
  const waits = start.unconfigured.length
  const wanting = findings.filter(({ rule }) => rule === 'start').length
  return ['yes', ...(waits === 0 ? [] : [`${waits} wait`]), ...(wanting === 0 ? [] : [`${wanting} want`])].join(', ')
}

const rows = services.map(
  (service) => `| ${service} | ${releases.map((release) => cell(imageOf(service, release))).join(' | ')} |`,
)
const proofs = services
  .filter((service) => releases.some((release) => started(imageOf(service, release)) !== '–'))
  .map(
    (service) => `| ${service} | ${releases.map((release) => started(imageOf(service, release))).join(' | ')} |`,
  )
const sdists = new Map()
for (const { name, built = [] } of reports.flat())
  for (const one of built) {
    const users = sdists.get(one.name) ?? new Set()
    sdists.set(one.name, users.add(name.split(/[:@]/)[0]))
  }
const fromSdists = [...sdists]
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, users]) => `| ${name} | ${[...users].sort().join(', ')} |`)

writeFileSync(
  new URL('services.md', import.meta.url),
  `# What is built

Written by \`docs/services.mjs\` from the reports of builds on \`debian:bookworm\`, Python 3.11, linux/amd64.

## Images
Distributions in the image and, in brackets, how many of them are wheels that were built from sdists.

| service | ${releases.join(' | ')} |
|---|${releases.map(() => '--:').join('|')}|
${rows.join('\n')}

## Images that were started
Every script of the environment was imported, every WSGI application of the service too, and every program of its
processes was asked for its version or its help, as the user of the service and without a network. *n wait*: WSGI
applications that load all their code and then end because there is no configuration, key or folder yet. *n want*:
scripts beside the processes that want what nobody demands, or are broken as published. –: not started for this page.

| service | ${releases.join(' | ')} |
|---|${releases.map(() => '---').join('|')}|
${proofs.join('\n')}

## Optional processes
An image has the programs of all processes that its release has, also of those that a profile marks \`optional\`: it
exposes their ports, and is unfit if one of them does not load. It starts the first process. A plan has containers of
the optional ones only where the fleet file lists the containers that run; a service that only tells its \`replicas\` is
planned with all others.

## Wheels that the index does not have
| distribution | built for |
|---|---|
${fromSdists.join('\n')}

## What an image does not have
- Python bindings of system libraries (rados, rbd, libvirt) are in the base, for the Python of its distribution; the
  environment does not see them unless a deployment links them into its \`site-packages\`.
- Optional packages: guestfs and systemd bindings, signed boot loaders for ironic, glusterfs for manila.
- horizon's static files: \`django-admin collectstatic\` and \`compress\` run where settings and plugins are known.
- On a base with a Python of its own (\`--base oci:DIR\`) the uWSGI of the distribution has no plugin for it: a profile
  for such bases adds \`uWSGI\` and names a command.
- For linux/arm64 the wheels of sdists want an emulator, or \`--wheelhouse DIR\`.
`,
)
