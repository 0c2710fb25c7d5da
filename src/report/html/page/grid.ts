import { useRef, useState } from 'preact/hooks'

/** A grid has one stop for the Tab key; arrows, Home and End move inside it (WAI-ARIA grid pattern). */
export function useGrid(): {
  readonly ref: { current: HTMLTableElement | null }
  tabIndex(row: number, column: number): 0 | -1
  onKeyDown(event: KeyboardEvent): void
  onFocus(row: number, column: number): void
} {
  const ref = useRef<HTMLTableElement | null>(null)
  const [at, setAt] = useState({ row: 0, column: 0 })

  function find(row: number, column: number): HTMLElement | null {
    return ref.current?.querySelector(`[data-row="${row}"][data-column="${column}"]`) ?? null
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }
    const step = steps[event.key]
    let target: HTMLElement | null = null
    if (step !== undefined) {
      const [down, right] = step
      let row = at.row + down
      let column = at.column + right
      // holes: a service that a release does not have
      for (let tries = 0; tries < 100 && target === null; tries += 1) {
        target = find(row, column)
        row += down
        column += right
      }
    } else if (event.key === 'Home' || event.key === 'End') {
      const row = [...(ref.current?.querySelectorAll<HTMLElement>(`[data-row="${at.row}"]`) ?? [])]
      target = (event.key === 'Home' ? row[0] : row.at(-1)) ?? null
    } else return
    event.preventDefault()
    target?.focus()
  }

  return {
    ref,
    tabIndex: (row, column) => (at.row === row && at.column === column ? 0 : -1),
    onKeyDown,
    onFocus: (row, column) => setAt({ row, column }),
  }
}
