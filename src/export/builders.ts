import type { Plan, ServicePlan } from '#upgrade/plan.js'
import { shellLine } from '#upgrade/shell.js'
import {
  directions,
  type ExportFile,
  imageOf,
  jsonText,
  objectName,
  releaseOf,
  scriptHead,
  yamlText,
} from './files.js'

const nameOf = ({ service }: ServicePlan, release: string): string =>
  objectName(`${service}-${release.replace('.', '-')}`)

/** docker-bake.json: an image for each service, side by side, from contexts that `svcsplit dockerfile` writes. */
export function bake(plan: Plan): readonly ExportFile[] {
  return directions.flatMap((direction) => {
    const targets = plan.services.map((service) => {
      const release = releaseOf(service, direction)
      const { tagged, reference } = imageOf(service, direction)
      const target = {
        context: `contexts/${nameOf(service, release)}`,
        dockerfile: 'Containerfile',
        platforms: [plan.platform],
        ...(tagged === undefined && reference.includes('@') ? {} : { tags: [tagged ?? reference] }),
        args: { SOURCE_DATE_EPOCH: '0' },
        labels: { 'io.svcsplit.release': release },
      }
      return [nameOf(service, release), target] as const
    })
    const contexts = plan.services.map((service) => {
      const release = releaseOf(service, direction)
      return shellLine([
        'svcsplit',
        'dockerfile',
        `${service.service}@${release}`,
        `contexts/${nameOf(service, release)}`,
      ])
    })
    return [
      {
        path: `${direction}/docker-bake.json`,
        text: jsonText({
          group: { default: { targets: targets.map(([name]) => name) } },
          target: Object.fromEntries(targets),
        }),
      },
      {
        path: `${direction}/run.sh`,
        text: `${[
          ...scriptHead(plan, direction),
          'mkdir -p contexts',
          ...contexts,
          'docker buildx bake --file docker-bake.json "$@"',
        ].join('\n')}\n`,
        executable: true as const,
      },
    ]
  })
}

/** Values that Zuul and Ansible would read as templates are kept from it. */
function untemplated(text: string): string {
  return text.replaceAll('{{', "{{ '{{' }}")
}

/** Zuul jobs: one for each image, and one that plans when all are there. */
export function zuul(plan: Plan): readonly ExportFile[] {
  return directions.flatMap((direction) => {
    const jobs = plan.services.map((service) => {
      const release = releaseOf(service, direction)
      const { tagged, reference } = imageOf(service, direction)
      return {
        name: `svcsplit-build-${nameOf(service, release)}`,
        service: `${service.service}@${release}`,
        image: untemplated(tagged ?? reference),
      }
    })
    const verify = `svcsplit-${direction}`
    const documents = [
      {
        job: {
          name: 'svcsplit-build',
          abstract: true,
          description: 'An image of one service, by digest the same wherever it is built.',
          run: 'playbooks/svcsplit/build.yaml',
          timeout: 3600,
        },
      },
      ...jobs.map(({ name, service, image }) => ({
        job: {
          name,
          parent: 'svcsplit-build',
          vars: { svcsplit_service: service, svcsplit_image: image },
          provides: [`${name}-image`],
        },
      })),
      {
        job: {
          name: verify,
          description: `Proves the images of the ${direction}.`,
          run: 'playbooks/svcsplit/verify.yaml',
          timeout: 1800,
          requires: jobs.map(({ name }) => `${name}-image`),
          vars: { svcsplit_images: jobs.map(({ image }) => image) },
        },
      },
      {
        'project-template': {
          name: verify,
          check: {
            jobs: [
              ...jobs.map(({ name }) => name),
              { [verify]: { dependencies: jobs.map(({ name }) => name) } },
            ],
          },
        },
      },
    ]
    return [
      { path: `${direction}/zuul.d/svcsplit.yaml`, text: yamlText(documents) },
      { path: `${direction}/playbooks/svcsplit/build.yaml`, text: yamlText(buildPlaybook) },
      { path: `${direction}/playbooks/svcsplit/verify.yaml`, text: yamlText(verifyPlaybook) },
    ]
  })
}

const buildPlaybook = [
  {
    hosts: 'all',
    tasks: [
      {
        name: 'Build the image',
        'ansible.builtin.command': {
          argv: ['npx', 'svcsplit', 'build', '{{ svcsplit_service }}', '-o', 'registry:{{ svcsplit_image }}'],
        },
      },
    ],
  },
]

const verifyPlaybook = [
  {
    hosts: 'all',
    tasks: [
      {
        name: 'Prove each image',
        'ansible.builtin.command': { argv: ['npx', 'svcsplit', 'verify', '{{ item }}'] },
        loop: '{{ svcsplit_images }}',
      },
    ],
  },
]
