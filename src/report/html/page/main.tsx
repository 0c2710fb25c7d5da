import { render } from 'preact'
import { type Packed, unpack } from '../pack.js'
import type { RunBook } from '../run-book.js'
import { Analysis, type AnalysisData } from './analysis.js'
import { Plan } from './plan.js'

const { kind, packed } = JSON.parse(document.getElementById('data')!.textContent!) as {
  readonly kind: string
  readonly packed: Packed
}
const data = unpack(packed)
const root = document.getElementById('page')!

/** The view of each kind of data; a new kind of report is a line here. */
function show(printing: boolean): void {
  if (kind === 'analysis') render(<Analysis data={data as AnalysisData} printing={printing} />, root)
  if (kind === 'plan') render(<Plan data={data as RunBook} printing={printing} />, root)
}

const paper = window.matchMedia('print')
show(paper.matches)
// Paper has no filters and no second page: what is folded on a screen is there in print.
window.addEventListener('beforeprint', () => show(true))
window.addEventListener('afterprint', () => show(false))
paper.addEventListener('change', ({ matches }) => show(matches))
