/** How much memory the heaps of the threads take beside what lives in them. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets a heap grow to up to four times what survived the last full collection, and does not give
 * it back while nothing happens: bodies of large batches that lived through one young collection
 * left 160 MB of nothing in the server. All threads of this process collect at half as much again.
 */
export function growSlowly(): void {
  setFlagsFromString('--heap-growing-percent=50')
}

/** Two semi-spaces of 16 MB instead of 64, for a thread that makes little that lives long. */
export const SMALL_YOUNG = { maxYoungGenerationSizeMb: 48 }
