import type { Separation } from '#upgrade/separation.js'
import { toolVersion } from '#version.js'
import { painter, plural, type TextOptions, wrapTo } from './terminal.js'

/** Which service leaves its shared host first, what that frees, and how. */
export function separationText({ services }: Separation, options: TextOptions): string {
  const paint = painter(options)
  return [
    paint(
      'bold',
      `SEPARATE  ${wrapTo(services.map(({ service }) => service).join(', '), options.width, 10)}`,
    ),
    'every step can be undone: no schema changes, and the units stay installed until nobody wants them',
    ...services.flatMap(
      (
        { service, host, release, towards, errors, moves, disturbs, drift, steps, remaining, image },
        index,
      ) => [
        '',
        `${index + 1}  ${paint('bold', service)}  ${release} on ${host} -> ${image.reference}`,
        `   frees     ${wrapTo(
          [
            `${plural(errors, 'error')} that ${service}@${towards} meets there`,
            ...(moves === undefined ? [] : [`${plural(moves, 'pin')} that would have to move`]),
            ...(disturbs === undefined
              ? []
              : [`${plural(disturbs, 'other service')} that this would disturb`]),
            `${drift} drifting demands`,
          ].join(', '),
          options.width,
          13,
        )}`,
        `   shared    ${wrapTo(
          remaining.services.length === 0
            ? 'nobody any more'
            : `${remaining.services.join(', ')} still share; ${plural(remaining.errors, 'error')} in their way`,
          options.width,
          13,
        )}`,
        ...steps.flatMap(({ id, title, host: machine, commands, interrupts, undo }) => [
          `   [ ] ${paint('bold', id)}  ${title}${machine === undefined ? '' : `  (on ${machine})`}`,
          ...commands.map((command) => `       ${paint('cyan', `$ ${command}`)}`),
          ...(interrupts === undefined ? [] : [`       interrupts ${interrupts}`]),
          ...undo.commands.map((command, place) => `       ${place === 0 ? 'undo' : '    '} $ ${command}`),
        ]),
      ],
    ),
    '',
  ].join('\n')
}

export function separationJson(separation: Separation): string {
  const document = { schemaVersion: '1.0', tool: { name: 'svcsplit', version: toolVersion() }, separation }
  return `${JSON.stringify(document, null, 2)}\n`
}
