/**
 * The crew that works on one training: one member alone, or two in step over shared memory. The
 * first member writes an order into the arena, both do their share of it, and the first goes on
 * when the other has finished. Every share is computed the same way for any number of members, so
 * the trees do not depend on it.
 *
 * States of the helper: absent -> waiting (control[JOINED] = 1) -> working (control[SEQUENCE] is
 * beyond the last order it did) -> waiting (control[DONE] = that order) ... -> gone (order `stop`).
 */
import type { Arena } from './arena.ts'
import type { Places } from './workshop.ts'

export const ORDERS = {
  gradients: 1,
  quantise: 2,
  partition: 3,
  sum: 4,
  search: 5,
  apply: 6,
  expand: 7,
  stop: 8,
} as const
export type Order = (typeof ORDERS)[keyof typeof ORDERS]

/** Does one member's share of an order whose arguments are in the arena. */
export type Member = (order: Order) => void

export interface Crew {
  /** Writes the arguments, has every member do its share, and returns when all have. */
  readonly run: (order: Order, ...numbers: number[]) => void
  /** The same with the first member alone, for orders in which the others have no share. */
  readonly lead: (order: Order, ...numbers: number[]) => void
  /** Sends the helper home. */
  readonly close: () => void
}

const SEQUENCE = 0
const DONE = 1
const ORDER = 2
const FAILED = 3
const JOINED = 4
/**
 * Looks at the other's word before sleeping, some tenths of a millisecond: most waits are shorter,
 * and waking up takes as long.
 */
const SPINS = 20_000
/** Milliseconds to wait for a helper to join, for its share of an order, and for the next order. */
const JOIN_PATIENCE = 5_000
const SHARE_PATIENCE = 60_000
const ORDER_PATIENCE = 600_000

/** Of the control words, apart from the others: how much of a list is taken. */
const TAKEN = 16

/** Begins a list of which the members take piece after piece, whoever is free. */
export function openList({ i32 }: Arena, { control }: Places): void {
  Atomics.store(i32, (control >> 2) + TAKEN, 0)
}

/** The number of the next piece, from 0. */
export const takeNext = ({ i32 }: Arena, { control }: Places): number =>
  Atomics.add(i32, (control >> 2) + TAKEN, 1)

/** Waits until `word` is no longer `old`; false when that takes too long. */
function waitFor(words: Int32Array, word: number, old: number, patience: number): boolean {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, word) !== old) return true
  return Atomics.wait(words, word, old, patience) !== 'timed-out'
}

const controlOf = ({ i32 }: Arena, { control }: Places): Int32Array =>
  i32.subarray(control >> 2, (control >> 2) + 8)

/**
 * Whether a helper joins within some seconds (`helping` is its run). One that comes too late finds
 * the order to stop.
 */
export async function helperJoins(
  arena: Arena,
  places: Places,
  helping: Promise<unknown>,
): Promise<boolean> {
  const words = controlOf(arena, places)
  const waiting = Atomics.waitAsync(words, JOINED, 0, JOIN_PATIENCE)
  const failed = helping.then(
    () => 'ended',
    () => 'failed',
  )
  await Promise.race([waiting.value, failed])
  if (Atomics.load(words, JOINED) === 1) return true
  words[ORDER] = ORDERS.stop
  Atomics.store(words, SEQUENCE, 1)
  return false
}

export function soloCrew({ f64 }: Arena, { orders }: Places, work: Member): Crew {
  const lead: Crew['lead'] = (order, ...numbers) => {
    f64.set(numbers, orders >> 3)
    work(order)
  }
  return {
    run: lead,
    lead,
    close: () => undefined,
  }
}

/** The first member's side of a crew of two; `work` is its own share. */
export function leadCrew(arena: Arena, places: Places, work: Member): Crew {
  const words = controlOf(arena, places)
  let sequence = 0
  const call = (order: Order): void => {
    words[ORDER] = order
    Atomics.store(words, SEQUENCE, ++sequence)
    Atomics.notify(words, SEQUENCE)
  }
  return {
    lead(order, ...numbers) {
      arena.f64.set(numbers, places.orders >> 3)
      work(order)
    },
    run(order, ...numbers) {
      arena.f64.set(numbers, places.orders >> 3)
      call(order)
      work(order)
      while (Atomics.load(words, DONE) !== sequence)
        if (!waitFor(words, DONE, sequence - 1, SHARE_PATIENCE))
          throw new Error('The helping thread is lost')
      if (words[FAILED] === 1) throw new Error('The helping thread failed')
    },
    close: () => void call(ORDERS.stop),
  }
}

/**
 * The helper's side: joins, and does its share of each order until told to stop, or
 * until no order comes for ten minutes. Gives the number of orders it did.
 */
export function followCrew(arena: Arena, places: Places, work: Member): number {
  const words = controlOf(arena, places)
  Atomics.store(words, JOINED, 1)
  Atomics.notify(words, JOINED)
  for (let done = 0; ;) {
    while (Atomics.load(words, SEQUENCE) === done)
      if (!waitFor(words, SEQUENCE, done, ORDER_PATIENCE)) return done
    const order = words[ORDER] as Order
    if (order === ORDERS.stop) return done
    try {
      work(order)
    } catch {
      // The first member throws in its own thread, where someone can see it.
      words[FAILED] = 1
    }
    Atomics.store(words, DONE, ++done)
    Atomics.notify(words, DONE)
  }
}
