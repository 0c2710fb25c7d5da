import type { Plan, PlannedContainer, ServicePlan, Step } from '#upgrade/plan.js'
import { shellLine } from '#upgrade/shell.js'
import {
  type Direction,
  directions,
  type ExportFile,
  imageOf,
  objectName,
  plainSteps,
  scriptHead,
  taskCommand,
  tasksOf,
  yamlText,
} from './files.js'

/** Configuration comes from a Secret named after the service: databases' passwords are in it. */
function volumesOf(service: string) {
  return {
    volumes: [{ name: 'configuration', secret: { secretName: `${service}-etc` } }],
    mounts: [{ name: 'configuration', mountPath: `/etc/${service}`, readOnly: true }],
  }
}

function securityOf({ user }: ServicePlan) {
  return { runAsUser: user.uid, runAsGroup: user.gid, fsGroup: user.gid, runAsNonRoot: true }
}

const environmentOf = (environment: Readonly<Record<string, string>>) =>
  Object.keys(environment).length === 0
    ? {}
    : {
        // $(NAME) would be another variable; a doubled $ is itself.
        env: Object.entries(environment).map(([name, value]) => ({
          name,
          value: value.replaceAll('$(', '$$$$('),
        })),
      }

const words = (command: readonly string[]): readonly string[] =>
  command.map((word) => word.replaceAll('$(', '$$$$('))

/** One Deployment for each process; its replicas are the containers of that process. */
function deployments(plan: ServicePlan, direction: Direction): readonly object[] {
  const { service } = plan
  const byProcess = new Map<string, PlannedContainer[]>()
  for (const container of plan.containers) {
    const list = byProcess.get(container.process) ?? []
    byProcess.set(container.process, [...list, container])
  }
  const { volumes, mounts } = volumesOf(service)
  return [...byProcess].flatMap(([process, containers]) => {
    const [first] = containers
    const command = direction === 'upgrade' ? first!.after : first!.before
    if (command === undefined) return []
    const image = imageOf(plan, direction)
    const labels = { app: service, process: objectName(process) }
    const { port, health, environment } = first!
    const probe =
      port === undefined
        ? undefined
        : health === undefined
          ? { tcpSocket: { port } }
          : { httpGet: { path: health, port } }
    return [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: objectName(process), labels, annotations: { 'svcsplit/release': image.release } },
        spec: {
          replicas: containers.length,
          revisionHistoryLimit: 5,
          progressDeadlineSeconds: 600,
          selector: { matchLabels: labels },
          strategy:
            plan.restart === 'cold'
              ? { type: 'Recreate' }
              : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
            metadata: { labels },
            spec: {
              securityContext: securityOf(plan),
              terminationGracePeriodSeconds: 60,
              containers: [
                {
                  name: objectName(process),
                  image: image.reference,
                  ...(command.length === 0 ? {} : { command: words(command) }),
                  ...environmentOf(environment),
                  ...(port === undefined ? {} : { ports: [{ containerPort: port }] }),
                  ...(probe === undefined
                    ? {}
                    : {
                        startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 60 },
                        readinessProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5 },
                        livenessProbe: {
                          ...probe,
                          periodSeconds: 20,
                          timeoutSeconds: 10,
                          failureThreshold: 6,
                        },
                        // Endpoints are taken away while requests still come: wait before the signal.
                        lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
                      }),
                  volumeMounts: mounts,
                },
              ],
              volumes,
            },
          },
        },
      },
    ]
  })
}

function job(plan: ServicePlan, step: Step): object {
  const { service } = plan
  const { volumes, mounts } = volumesOf(service)
  const [{ environment } = { environment: {} }] = plan.containers
  const labels = { app: service, task: objectName(step.id) }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${objectName(step.id)}-${plan.to.replace('.', '-')}`, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: step.limit,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          securityContext: securityOf(plan),
          containers: [
            {
              name: 'task',
              image: step.image ?? plan.after.reference,
              command: words(taskCommand(step)),
              ...environmentOf(environment),
              volumeMounts: mounts,
            },
          ],
          volumes,
        },
      },
    },
  }
}

const jobFile = (step: Step): string => `job-${objectName(step.id)}.yaml`

function script(plan: Plan, direction: Direction): string {
  const run = (service: ServicePlan, step: Step): readonly string[] => {
    const name = `job/${objectName(step.id)}-${service.to.replace('.', '-')}`
    return [
      `kubectl delete --ignore-not-found ${shellLine([name])}`,
      `kubectl apply -f ${shellLine([jobFile(step)])}`,
      `kubectl wait --for=condition=complete --timeout=${step.limit}s ${shellLine([name])}`,
    ]
  }
  const body = plan.services.flatMap((service) => {
    const roll = [
      `kubectl apply -f ${shellLine([`deployments-${service.service}.yaml`])}`,
      ...[...new Set(service.containers.map(({ process }) => process))].flatMap((process) => {
        const [one] = service.containers.filter((container) => container.process === process)
        const present = (direction === 'upgrade' ? one!.after : one!.before) !== undefined
        const name = shellLine([`deployment/${objectName(process)}`])
        return present
          ? [`kubectl rollout status --timeout=600s ${name}`]
          : [`kubectl delete --ignore-not-found ${name}`]
      }),
    ]
    if (direction === 'fallback') return roll
    const { ahead, before, after, later } = tasksOf(service)
    const processes = [...new Set(service.containers.map(({ process }) => process))]
    return [
      '# Where the configuration and the database are reached, before:',
      ...plainSteps([...service.ahead, ...service.window]).map((line) => `#   ${line}`),
      ...ahead.flatMap((step) => run(service, step)),
      ...(service.restart === 'cold'
        ? processes.map(
            (process) => `kubectl scale --replicas=0 ${shellLine([`deployment/${objectName(process)}`])}`,
          )
        : []),
      ...before.flatMap((step) => run(service, step)),
      ...roll,
      ...after.flatMap((step) => run(service, step)),
      '# Later, when nobody wants to go back any more:',
      ...later.flatMap((step) => [
        ...(step.final === undefined ? [] : ['# POINT OF NO RETURN']),
        ...run(service, step).map((line) => `#   ${line}`),
      ]),
    ]
  })
  return `${[...scriptHead(plan, direction), ...body].join('\n')}\n`
}

/** Deployments by digest that never have fewer replicas than wanted, and a Job for each task. */
export function kubernetes(plan: Plan): readonly ExportFile[] {
  const documents = (list: readonly object[]): string => list.map((one) => yamlText(one)).join('---\n')
  return directions.flatMap((direction) => [
    ...plan.services.map((service) => ({
      path: `${direction}/deployments-${service.service}.yaml`,
      text: documents(deployments(service, direction)),
    })),
    ...(direction === 'fallback'
      ? []
      : plan.services.flatMap((service) => {
          const { ahead, before, after, later } = tasksOf(service)
          return [...ahead, ...before, ...after, ...later].map((step) => ({
            path: `${direction}/${jobFile(step)}`,
            text: yamlText(
              job(service, step),
              step.title,
              ...(step.final === undefined ? [] : ['POINT OF NO RETURN']),
            ),
          }))
        })),
    { path: `${direction}/run.sh`, text: script(plan, direction), executable: true as const },
  ])
}
