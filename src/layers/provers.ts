import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { LayerProof, type Piece } from './piece-proof.js'
import type { Answer, Question } from './prove-thread.js'

/** Proves layers one after another. */
export interface Prover {
  /** @returns whether the piece, the next one of its layer, unpacks to what it should */
  add(piece: Piece): Promise<boolean>
  /** @returns the SHA-256 of the layer's tar, in hex; what is added next is of another layer */
  end(): Promise<string>
}

/** Provers that are free. A layer that finds none waits, so that few are in memory at the same time. */
export interface Provers {
  take(): Promise<Prover>
  give(prover: Prover): void
}

/** The one place that decides which thread proves what. What comes out is the same whichever does. */
export interface ProverPool {
  /** Layers will be made soon: the thread that proves them starts meanwhile. */
  prepare(): void
  provers(): Provers
  close(): Promise<void>
}

/**
 * Layers that the second thread has at the same time. Small ones wait longer for the disk than they are worked on; each may
 * hold its wheels in memory.
 */
const lanes = 12

/**
 * One thread reads wheels and writes layers, a second one proves them, as both take about as long; a layer that finds the second
 * one busy with others is proved by the first, which had to wait otherwise. The second stays for the layers of the next image.
 */
export function openProvers(hasThread = availableParallelism() > 1): ProverPool {
  let thread: ProofThread | undefined
  let opened: Provers | undefined
  const open = (): Provers => {
    if (!hasThread) return queueOf([], hereProver())
    const started = new ProofThread()
    thread = started
    const there = Array.from({ length: lanes }, (_, lane) => started.prover(lane))
    return queueOf(there, hereProver())
  }
  return {
    prepare() {
      opened ??= open()
    },
    provers() {
      opened ??= open()
      return opened
    },
    async close() {
      await thread?.close()
    },
  }
}

/** Proves in this thread. */
export function hereProver(): Prover {
  let proof = new LayerProof()
  return {
    add: async (piece) => proof.add(piece),
    async end() {
      const ended = proof
      proof = new LayerProof()
      return ended.end()
    },
  }
}

function queueOf(provers: readonly Prover[], here: Prover): Provers {
  // The one of this thread lies lowest: it is for what finds all others busy.
  const free = [here, ...provers]
  const waiting: ((prover: Prover) => void)[] = []
  return {
    take: () => {
      const prover = free.pop()
      return prover === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(prover)
    },
    give(prover) {
      const next = waiting.shift()
      if (next !== undefined) next(prover)
      else if (prover === here) free.unshift(prover)
      else free.push(prover)
    },
  }
}

interface Asked {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

class ProofThread {
  readonly #worker: Worker
  /** In the order of the answers. */
  readonly #asked: Asked[] = []
  #end: Error | undefined

  constructor() {
    const file = createRequire(import.meta.url).resolve('#layers/prove-thread.cjs')
    // The program's own flags are not for it.
    this.#worker = new Worker(file, { execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      this.#asked.shift()!.resolve(answer)
      if (this.#asked.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that proves layers has ended')))
  }

  prover(lane: number): Prover {
    return {
      add: async (piece) => (await this.#ask({ lane, piece })) === true,
      end: async () => String(await this.#ask({ lane })),
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#asked.splice(0)) reject(this.#end)
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end)
      // A program that waits for an answer has something to do; one that does not may end.
      this.#worker.ref()
      this.#asked.push({ resolve, reject })
      this.#worker.postMessage(question)
    })
  }
}
