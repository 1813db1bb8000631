/**
 * The crew that works on one training: one member alone, or two in step over shared memory. The
 * first member writes an order into the arena, both do their share of it, and the first goes on
 * when the other has finished. Every share is computed the same way for any number of members, so
 * the trees do not depend on it.
 *
 * States of the helper: waiting (control[SEQUENCE] is the last order it did) -> working -> waiting
 * (control[DONE] = that order) ...; order `stop` ends it.
 */
import type { Arena } from './arena.ts'
import type { Places } from './workshop.ts'

export const ORDERS = { gradients: 1, quantise: 2, partition: 3, search: 4, stop: 5 } as const
export type Order = (typeof ORDERS)[keyof typeof ORDERS]

/** Does one member's share of an order whose arguments are in the arena. */
export type Member = (order: Order) => void

export interface Crew {
  readonly members: number
  /** Writes the arguments, has every member do its share, and returns when all have. */
  readonly run: (order: Order, ...numbers: number[]) => void
  /** Sends the helper home. */
  readonly close: () => void
}

const SEQUENCE = 0
const DONE = 1
const ORDER = 2
const FAILED = 3
/** Looks at the other's word before sleeping: most orders take some microseconds. */
const SPINS = 4000
/** Milliseconds after which a silent helper counts as lost. */
const PATIENCE = 30_000

/** Waits until `word` is no longer `old`; false when that takes too long. */
function waitFor(words: Int32Array, word: number, old: number): boolean {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, word) !== old) return true
  return Atomics.wait(words, word, old, PATIENCE) !== 'timed-out'
}

export function soloCrew({ f64 }: Arena, { orders }: Places, work: Member): Crew {
  return {
    members: 1,
    run(order, ...numbers) {
      f64.set(numbers, orders >> 3)
      work(order)
    },
    close: () => undefined,
  }
}

/** The first member's side of a crew of two; `work` is its own share. */
export function leadCrew(arena: Arena, { orders, control }: Places, work: Member): Crew {
  const words = arena.i32.subarray(control >> 2, (control >> 2) + 8)
  let sequence = 0
  const call = (order: Order): void => {
    words[ORDER] = order
    Atomics.store(words, SEQUENCE, ++sequence)
    Atomics.notify(words, SEQUENCE)
  }
  return {
    members: 2,
    run(order, ...numbers) {
      arena.f64.set(numbers, orders >> 3)
      call(order)
      work(order)
      while (Atomics.load(words, DONE) !== sequence)
        if (!waitFor(words, DONE, sequence - 1)) throw new Error('The helping thread is lost')
      if (words[FAILED] === 1) throw new Error('The helping thread failed')
    },
    close: () => void call(ORDERS.stop),
  }
}

/** The helper's side: does its share of each order until told to stop. */
export function followCrew(arena: Arena, { control }: Places, work: Member): void {
  const words = arena.i32.subarray(control >> 2, (control >> 2) + 8)
  for (let done = 0; ;) {
    while (Atomics.load(words, SEQUENCE) === done) if (!waitFor(words, SEQUENCE, done)) return
    const order = words[ORDER] as Order
    if (order === ORDERS.stop) return
    try {
      work(order)
    } catch {
      words[FAILED] = 1
    }
    Atomics.store(words, DONE, ++done)
    Atomics.notify(words, DONE)
  }
}
