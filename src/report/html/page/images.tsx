import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ImagesDocument } from '../result-document.js'
import { useGrid } from './grid.js'
import { bytes, listed, plural } from './words.js'

/** How far a layer is shared: by all, by most, by some, by nobody else. */
function shareOf(sharers: number, services: number): 'all' | 'most' | 'some' | 'own' {
  if (sharers === services && services > 1) return 'all'
  if (sharers * 2 >= services && sharers > 1) return 'most'
  return sharers > 1 ? 'some' : 'own'
}

const shareWords = {
  all: 'in every image',
  most: 'in most',
  some: 'in some',
  own: 'in this one alone',
} as const

/** The images of a release, layer by layer and to scale: what they share is stored and pulled once. */
export function Images({ images }: { readonly images: ImagesDocument }): JSX.Element {
  const grid = useGrid()
  const [picked, setPicked] = useState<number>()
  const { layers, services } = images
  const sharers = layers.map((_, number) => services.filter((one) => one.layers.includes(number)).length)
  const sizeOf = (numbers: readonly number[]): number =>
    numbers.reduce((sum, number) => sum + (layers[number]?.bytes ?? 0), 0)
  const rows = [...services].sort(
    (one, other) => sizeOf(other.layers) - sizeOf(one.layers) || (one.service < other.service ? -1 : 1),
  )
  const most = Math.max(1, ...rows.map((row) => sizeOf(row.layers)))
  const alone = rows.reduce((sum, row) => sum + sizeOf(row.layers), 0)
  const once = sizeOf(layers.map((_, number) => number))
  const layer = picked === undefined ? undefined : layers[picked]
  return (
    <section id="images" aria-labelledby="images-title">
      <h2 id="images-title" tabIndex={-1}>
        {plural(services.length, 'image')} of {images.release}
      </h2>
      <p>
        <b>{bytes(alone)}</b> if each stood alone, <b>{bytes(once)}</b> as they are: shared layers are stored
        and pulled once. <span class="muted">Sizes of the wheels, above the base image.</span>
      </p>
      <p class="keys" aria-hidden="true">
        {(['all', 'most', 'some', 'own'] as const).map((share) => (
          <span key={share}>
            <i class={`share ${share}`} /> {shareWords[share]}
          </span>
        ))}
      </p>
      <table
        class="images"
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: cells that are walked with arrows make a grid
        role="grid"
        aria-labelledby="images-title"
        ref={grid.ref}
        onKeyDown={grid.onKeyDown}
      >
        <thead>
          <tr>
            <th scope="col">image</th>
            <th scope="col">layers, lowest first, to scale</th>
            <th scope="col" class="number">
              size
            </th>
            <th scope="col" class="number">
              its own
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ service, layers: numbers }, row) => (
            <tr key={service}>
              <th scope="row">{service}</th>
              <td>
                <div class="bar">
                  {numbers.map((number, column) => {
                    const { title, bytes: size } = layers[number]!
                    const shared = sharers[number]!
                    const label = `${title}, ${bytes(size)}, in ${plural(shared, 'image')}`
                    return (
                      <button
                        key={number}
                        type="button"
                        class={`share ${shareOf(shared, services.length)}`}
                        style={{ width: `${(100 * size) / most}%` }}
                        tabIndex={grid.tabIndex(row, column)}
                        data-row={row}
                        data-column={column}
                        aria-label={label}
                        aria-pressed={picked === number}
                        title={label}
                        onFocus={() => grid.onFocus(row, column)}
                        onClick={() => setPicked(picked === number ? undefined : number)}
                      />
                    )
                  })}
                </div>
              </td>
              <td class="number">{bytes(sizeOf(numbers))}</td>
              <td class="number">{bytes(sizeOf(numbers.filter((number) => sharers[number] === 1)))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p role="status" class="picked">
        {layer === undefined ? (
          <span class="muted small">Choose a layer to see what it holds and who shares it.</span>
        ) : (
          <>
            <b>{layer.title}</b>, {bytes(layer.bytes)}, in{' '}
            {listed(
              services.filter((one) => one.layers.includes(picked!)).map(({ service }) => service),
              20,
            )}
            : <span class="version">{listed(layer.distributions, 40)}</span>
          </>
        )}
      </p>
    </section>
  )
}
