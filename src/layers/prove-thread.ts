import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import { LayerProof, type Piece } from './piece-proof.js'

/** The next piece of a layer; none at the layer's end. */
export interface Question {
  /** Tells the layers apart that are proved at the same time. */
  readonly lane: number
  readonly piece?: Piece
}

/** Of a piece whether it is right, at the end the SHA-256 of the layer's tar. */
export type Answer = boolean | string

// Left to itself, V8 collects what was unpacked when 30 MB of it lie about, and all of that in memory that the system has to clear.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
// Flags are of the whole process, and code that was compiled under others is not taken from the compile cache.
setFlagsFromString('--no-expose-gc')
const collectEvery = 4
let answered = 0

// Where the thread that proves layers begins. Questions are answered in their order.
const proofs: LayerProof[] = []
parentPort!.on('message', ({ lane, piece }: Question) => {
  proofs[lane] ??= new LayerProof()
  const answer: Answer = piece === undefined ? proofs[lane].end() : proofs[lane].add(piece)
  if (piece === undefined) delete proofs[lane]
  parentPort!.postMessage(answer)
  answered++
  if (answered % collectEvery === 0) collect({ type: 'minor' })
})
