import type { FleetFile } from '#inputs/fleet-file.js'
import { bounded, shellWord } from './shell.js'

/** The HAProxy in front of the replicas, by its admin socket; `drain`: seconds to wait for the last request of a replica. */
export type ReplicaProxy = NonNullable<FleetFile['proxy']>

/** `BACKEND/SERVER` in its parts. */
export function serverOf(backend: string): { readonly group: string; readonly server: string } {
  const [group = '', server = ''] = backend.split('/')
  return { group, server }
}

/** Seconds that the proxy has to find a replica well. */
const admitSeconds = 120

/** Seconds that the proxy has to answer: socat waits half of one by itself, and no answer looks like consent. */
const answerSeconds = 5

const ask = ({ socket }: ReplicaProxy, line: string): string =>
  `printf '%s\\n' ${shellWord(line)} | socat -t ${answerSeconds} - ${shellWord(`UNIX-CONNECT:${socket}`)}`

/** An order, which HAProxy answers with nothing; it complains in text, for example of a server that it does not have. */
const order = (proxy: ReplicaProxy, line: string): string =>
  `said=$(${ask(proxy, line)}) && test -z "$said" || { printf '%s\\n' "$said" >&2; false; }`

/** awk's condition for the row of a server in the table of HAProxy (`show stat`, management guide 9.1). */
function rowOf(backend: string): string {
  const { group, server } = serverOf(backend)
  return `$1=="${group}" && $2=="${server}"`
}

/** Column 18 is the state: DRAIN, MAINT and DOWN take no request. */
const serves = '$18 ~ /^(UP|no check)/'

/** Asks until a column of the table is as wanted. */
const waits = (proxy: ReplicaProxy, backend: string, condition: string, seconds: number): string =>
  bounded(
    seconds,
    `until ${ask(proxy, 'show stat')} | awk -F, ${shellWord(`${rowOf(backend)} {well=${condition}} END {exit !well}`)}; do sleep 0.2; done`,
  )

/** No new request, and time for those that it has. */
export function drainCommands(
  proxy: ReplicaProxy | undefined,
  backend: string | undefined,
): readonly string[] {
  if (proxy === undefined || backend === undefined) return []
  return [
    order(proxy, `set server ${backend} state drain`),
    // Column 5 counts the sessions of now. Whoever holds one for longer is cut off.
    `${waits(proxy, backend, '$5==0', Math.max(1, proxy.drain))} || true`,
  ]
}

/** Requests again, once the proxy's own check has found it well. */
export function admitCommands(
  proxy: ReplicaProxy | undefined,
  backend: string | undefined,
): readonly string[] {
  if (proxy === undefined || backend === undefined) return []
  return [order(proxy, `set server ${backend} state ready`), waits(proxy, backend, serves, admitSeconds)]
}

/** Fails unless another server of the same backend takes requests: the last one is not to be drained. */
export function othersServe(proxy: ReplicaProxy, backend: string): string {
  const { group, server } = serverOf(backend)
  const others = `$1=="${group}" && $2!="${server}" && $2!="FRONTEND" && $2!="BACKEND" && ${serves}`
  return `${ask(proxy, 'show stat')} | awk -F, ${shellWord(`${others} {others++} END {exit !others}`)}`
}
