// Writes docs/services.md from the reports of builds:
//   for r in 2024.1 2024.2 2025.1 2025.2 2026.1; do
//     svcsplit build --all --release $r -o oci:images --report json > $r.json
//   done
//   node docs/services.mjs 2024.1.json 2024.2.json 2025.1.json 2025.2.json 2026.1.json
import { readFileSync, writeFileSync } from 'node:fs'

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')).images)
const releaseOf = ({ name }) => name.split(/[:@]/)[1]
const releases = reports.map(([image]) => releaseOf(image))
const services = [...new Set(reports.flat().map(({ name }) => name.split(/[:@]/)[0]))].sort()
const imageOf = (service, release) =>
  reports.flat().find(({ name }) => name === `${service}:${release}` || name === `${service}@${release}`)

function cell(image) {
  if (image === undefined) return '–'
  if (image.error !== undefined) return `not built: ${image.error.message.replaceAll('|', '/')}`
  return `${image.distributions}${image.built.length === 0 ? '' : ` (${image.built.length})`}`
}

const rows = services.map(
  (service) => `| ${service} | ${releases.map((release) => cell(imageOf(service, release))).join(' | ')} |`,
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
