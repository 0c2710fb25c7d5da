import type { JSX } from 'preact'
import type { LibraryGraph } from '../library-graph.js'
import { Graph } from './graph.js'
import { formatHash, type Location } from './hash.js'
import { type Hop, hopKey, hopOf, type Model, releaseName } from './model.js'
import { BriefFindings, Causes } from './root-cause.js'
import { Command, listed, PinChange, plural, Where } from './words.js'

interface CardProps {
  readonly model: Model
  readonly graphs: readonly LibraryGraph[]
  readonly distribution: string
  readonly location: Location
}

function order(model: Model): (one: Hop, other: Hop) => number {
  const places = new Map(model.allHops.map((hop, index) => [hopKey(hop), index]))
  return (one, other) => (places.get(hopKey(one)) ?? 0) - (places.get(hopKey(other)) ?? 0)
}

/** All about one library: who demands what, where, and what to do; one release hop at a time. */
export function LibraryCard({ model, graphs, distribution, location }: CardProps): JSX.Element {
  const { query } = location
  const all = model.byLibrary.get(distribution) ?? []
  const hops = [
    ...new Map(
      all.map((finding) => {
        const hop = hopOf(finding)
        return [hopKey(hop), hop]
      }),
    ).values(),
  ].sort(order(model))
  if (hops.length === 0)
    return (
      <section class="verdict">
        <h1 tabIndex={-1}>{distribution}</h1>
        <p>No finding of this result speaks of it.</p>
      </section>
    )
  const shown = new Set(model.hops.map(hopKey))
  const fits = hops.filter(
    ({ from, to }) =>
      (query.from === undefined || from === query.from) &&
      (query.to === undefined || (to ?? '') === query.to),
  )
  const hop = fits.findLast((one) => shown.has(hopKey(one))) ?? fits.at(-1) ?? hops.at(-1)!
  const ofHop = (one: Hop) => all.filter((finding) => hopKey(hopOf(finding)) === hopKey(one))
  const findings = ofHop(hop)
  const errors = findings.filter(({ level }) => level === 'error')
  const rest = findings.filter(({ level }) => level !== 'error')
  const held = model.result.held?.find((one) => one.host === hop.from && one.distribution === distribution)
  const graph =
    graphs.find(
      (one) => one.host === hop.from && one.distribution === distribution && one.to === (hop.to ?? ''),
    ) ?? graphs.find((one) => one.host === hop.from && one.distribution === distribution && one.to === '')
  // of a host of the user's own nobody knows what else runs there
  const isKnown = model.result.releases.some(({ name }) => name === hop.from)
  const hosts = [...new Set(hops.map(({ from }) => from))]
  const raises = new Map<string, string[]>()
  for (const service of new Set(errors.map(({ demand }) => demand.service))) {
    const to = model.cell(service, hop)?.document.radius?.pins?.[distribution]
    if (to !== undefined) raises.set(to, [...(raises.get(to) ?? []), service])
  }
  const [first] = errors
  const services = [...new Set(errors.map(({ demand }) => releaseName(demand.service, demand.release)))]
  const separable = errors.some(({ fixes }) => fixes.some(({ kind }) => kind === 'separate'))
  return (
    <>
      <section class="verdict">
        <h1 tabIndex={-1}>{distribution}</h1>
        <p class="lead">
          {errors.length > 0
            ? `On host ${hop.from} it is ${first?.supply?.version ?? 'absent'}, and ${plural(services.length, 'service')} moving to ${hop.to ?? 'their own pins'} cannot use that.`
            : `Nobody moving to ${hop.to ?? 'their own pins'} refuses it on host ${hop.from}, or breaks on it.`}
        </p>
        {hops.length > 1 ? (
          <nav class="hops" aria-label="Release hops">
            {hosts.map((from) => (
              <div key={from}>
                <span class="muted">host {from}</span>
                {hops
                  .filter((one) => one.from === from)
                  .map((one) => {
                    const count = ofHop(one).filter(({ level }) => level === 'error').length
                    return (
                      <a
                        key={hopKey(one)}
                        href={formatHash({
                          path: location.path,
                          query: { ...query, from: one.from, to: one.to ?? '' },
                        })}
                        aria-current={hopKey(one) === hopKey(hop) ? 'true' : undefined}
                      >
                        → {one.to ?? 'own file'} <b>{count === 0 ? '·' : count}</b>
                        <span class="unseen"> errors</span>
                      </a>
                    )
                  })}
              </div>
            ))}
          </nav>
        ) : null}
      </section>
      {errors.length === 0 ? null : (
        <section aria-labelledby="who">
          <h2 id="who" tabIndex={-1}>
            Who demands what, and where
          </h2>
          <Causes model={model} hop={hop} findings={errors} location={location} most={20} />
        </section>
      )}
      {errors.length === 0 ? null : (
        <section aria-labelledby="do">
          <h2 id="do" tabIndex={-1}>
            What to do
          </h2>
          <div class="ways">
            {separable ? (
              <div>
                <h3>Separate</h3>
                <p>
                  {listed(services, 20)} in images of their own: no error under their own pins (checked), 0
                  services disturbed.
                </p>
                {services.length > 0 && hop.to !== null ? (
                  <Command>{`svcsplit build ${services.join(' ')} -o oci:images`}</Command>
                ) : null}
              </div>
            ) : null}
            {raises.size > 0 ? (
              <div>
                <h3>Or raise the pin</h3>
                {[...raises].map(([to, who]) => (
                  <PinChange
                    key={to}
                    distribution={distribution}
                    from={first!.supply?.version ?? ''}
                    to={to}
                    place={first!.supply?.at}
                    note={`for ${listed(who, 20)}`}
                  />
                ))}
                {held === undefined || !isKnown ? null : (
                  <p class="small">
                    {plural(held.services.length, 'service')} of the host{' '}
                    {held.services.length === 1 ? 'has' : 'have'} it today: {listed(held.services, 20)}.
                  </p>
                )}
              </div>
            ) : hop.to !== null && first !== undefined ? (
              <div>
                <h3>Or raise pins</h3>
                <p>Which, and whom that disturbs, is worked out for one service at a time:</p>
                <Command>{`svcsplit analyze ${releaseName(first.demand.service, first.demand.release)} --host ${hop.from}`}</Command>
              </div>
            ) : null}
          </div>
        </section>
      )}
      {rest.length === 0 ? null : (
        <section aria-labelledby="other">
          <h2 id="other" tabIndex={-1}>
            Warnings and notes
          </h2>
          <BriefFindings findings={rest} />
        </section>
      )}
      {graph === undefined ? null : (
        <section aria-labelledby="around">
          <h2 id="around" tabIndex={-1}>
            Around it, on host {hop.from}
          </h2>
          <p class="muted small">
            A dot: the service of the column has the one who demands. Dashed and ✕: the host’s version is
            refused.
          </p>
          <Graph graph={graph} />
          {held === undefined ? null : (
            <details>
              <summary>
                The same as a table: {plural(held.demandedBy.length, 'demand')} on the host today
              </summary>
              <table class="demands">
                <thead>
                  <tr>
                    <th scope="col">who</th>
                    <th scope="col">wants</th>
                    <th scope="col">in</th>
                    <th scope="col">where it says so</th>
                  </tr>
                </thead>
                <tbody>
                  {held.demandedBy.map(({ by, specifier, services: who, at }) => (
                    <tr key={`${by} ${specifier}`}>
                      <th scope="row">{by}</th>
                      <td class="version">{specifier === '' ? 'any' : specifier}</td>
                      <td>{listed(who, 4)}</td>
                      <td>
                        <Where place={at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          )}
        </section>
      )}
    </>
  )
}
