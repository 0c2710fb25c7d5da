import { byHost, type Draft, placed, runningAfter, type ServiceParts, usual } from './drafts.js'
import type { Engine } from './engine.js'
import { nothingBack, startOldSteps } from './stop-steps.js'

function dumpFile({ fleet, running, from, to }: ServiceParts): string {
  return `${fleet.database?.dumps ?? '/var/backups/svcsplit'}/${running.service}-${from}-before-${to}.sql`
}

export function dumpSteps(parts: ServiceParts, engine: Engine, cold: boolean): readonly Draft[] {
  const databases = parts.running.databases ?? parts.upgrade.databases
  if (databases.length === 0) return []
  const file = dumpFile(parts)
  return [
    {
      phase: 'backup',
      title: `dump ${databases.length === 1 ? 'the database' : 'the databases'} ${databases.join(', ')}`,
      commands: engine.dump(databases, file, usual.backup.limit),
      // Stopped and dumped again, it has to be as it is then; what is ahead of a window stays done.
      undo: cold
        ? { means: 'put the dump aside: the old release writes again', commands: engine.setAside(file) }
        : { means: 'nothing to undo', commands: [] },
      note: cold
        ? 'nothing writes any more: a restore loses nothing'
        : 'the service goes on writing: a restore loses what comes after this moment',
    },
  ]
}

export function restoreSteps(parts: ServiceParts, engine: Engine): readonly Draft[] {
  const databases = parts.running.databases ?? parts.upgrade.databases
  if (databases.length === 0) return []
  const interrupts = 'the database is restored'
  const steps: readonly Draft[] = [
    ...byHost(runningAfter(parts)).map(
      (here): Draft => ({
        phase: 'stop',
        title: 'stop every container of the new release',
        ...placed(here[0]!),
        commands: here.flatMap((one) => engine.stop(one)),
        undo: nothingBack,
        interrupts,
      }),
    ),
    {
      phase: 'restore',
      title: `restore the dump of ${databases.join(', ')}`,
      commands: [engine.restore(dumpFile(parts), usual.restore.limit)],
      undo: nothingBack,
      interrupts,
      note: 'everything that was written since the dump is lost',
    },
    ...startOldSteps(parts, engine),
  ]
  return steps.map((step, index) => ({ ...step, id: `restore-${index + 1}` }))
}
