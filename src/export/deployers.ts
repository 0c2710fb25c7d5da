import { SvcsplitError } from '#errors.js'
import type { ImageFacts, Plan, ServicePlan } from '#upgrade/plan.js'
import { shellLine } from '#upgrade/shell.js'
import { helmTags, kollaVariables } from './engine-names.js'
import {
  comment,
  type Direction,
  directions,
  type ExportFile,
  imageOf,
  releaseOf,
  scriptHead,
  yamlText,
} from './files.js'

function namesFor(
  table: Readonly<Record<string, readonly string[]>>,
  { service }: ServicePlan,
  engine: string,
): readonly string[] {
  const names = table[service]
  if (names === undefined)
    throw new SvcsplitError('E-CLI-USAGE', `${engine} has no ${service}`, {
      hint: `it has ${Object.keys(table).sort().join(', ')}`,
    })
  return names
}

/** kolla-ansible splits at the last colon, so that a digest would be taken for a tag: only tags will do. */
function taggedOf(image: ImageFacts): { readonly reference: string; readonly retag?: string } {
  if (image.tagged !== undefined) return { reference: image.tagged }
  const [repository = ''] = image.reference.split('@')
  return {
    reference: `${repository}:${image.release}`,
    retag: shellLine(['svcsplit', 'retag', image.reference, image.release]),
  }
}

/** A file for globals.d: the images of one service and of no other, by Kolla's own variables. */
function kollaGlobals(service: ServicePlan, direction: Direction): ExportFile {
  const image = imageOf(service, direction)
  const { reference } = taggedOf(image)
  const names = namesFor(kollaVariables, service, 'kolla-ansible')
  return {
    path: `${direction}/globals.d/svcsplit-${service.service}.yml`,
    text: yamlText(
      Object.fromEntries(names.map((name) => [`${name}_image_full`, reference])),
      `${service.service} ${releaseOf(service, direction)}${image.digest === undefined ? '' : `, ${image.digest}`}`,
      'The image has to start as Kolla starts its own (kolla_start and config.json): build it on a Kolla base with --base.',
    ),
  }
}

function kollaScript(plan: Plan, direction: Direction): string {
  const body = plan.services.flatMap((service) => {
    const name = `svcsplit-${service.service}.yml`
    const { retag } = taggedOf(imageOf(service, direction))
    const run = (...words: readonly string[]): string =>
      `kolla-ansible ${shellLine(words)} --tags ${shellLine([service.service])} -i "$INVENTORY"`
    return [
      ...(retag === undefined ? [] : [retag]),
      shellLine(['install', '-D', '-m', '0644', `globals.d/${name}`, `/etc/kolla/globals.d/${name}`]),
      run('pull'),
      // `deploy` would bring the schema up by the old image; on the way back only containers are replaced.
      ...(direction === 'upgrade'
        ? [run('mariadb-backup').replace(/ --tags \S+/, ''), run('upgrade')]
        : [run('deploy-containers')]),
    ]
  })
  return `${[...scriptHead(plan, direction), comment('INVENTORY names the inventory'), ...body].join('\n')}\n`
}

/** Overrides for kolla-ansible. */
export function kollaAnsible(plan: Plan): readonly ExportFile[] {
  return directions.flatMap((direction) => [
    ...plan.services.map((service) => kollaGlobals(service, direction)),
    { path: `${direction}/run.sh`, text: kollaScript(plan, direction), executable: true as const },
  ])
}

/** Values overrides for openstack-helm. */
export function openstackHelm(plan: Plan): readonly ExportFile[] {
  const path = (service: ServicePlan, direction: Direction): string =>
    `values_overrides/${service.service}/${releaseOf(service, direction)}-svcsplit.yaml`
  return directions.flatMap((direction) => [
    ...plan.services.map((service) => {
      const { reference, release } = imageOf(service, direction)
      // The old image does not know the new schema: its job would fail, and has nothing to do.
      const names = namesFor(helmTags, service, 'openstack-helm').filter(
        (name) => direction === 'upgrade' || !/_(?:db_sync|metadefs_load)$/.test(name),
      )
      return {
        path: `${direction}/${path(service, direction)}`,
        text: yamlText(
          { images: { tags: Object.fromEntries(names.map((name) => [name, reference])) } },
          `${service.service} ${release}`,
          'The image has to have what the chart calls: its scripts name programs of the service in PATH.',
        ),
      }
    }),
    {
      path: `${direction}/run.sh`,
      text: `${[
        ...scriptHead(plan, direction),
        comment('CHARTS names the folder of the charts'),
        comment(
          "The chart's own job brings schema and data up before the rollout: there is no step in between.",
        ),
        ...plan.services.map(
          (service) =>
            `helm upgrade ${shellLine([service.service])} "$CHARTS"/${shellLine([service.service])} --namespace openstack --reuse-values --values ${shellLine([path(service, direction)])} --wait --timeout 900s`,
        ),
      ].join('\n')}\n`,
      executable: true as const,
    },
  ])
}
