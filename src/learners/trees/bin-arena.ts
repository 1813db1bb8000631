/** Binning straight into the memory of a training, numbers by the kernel. */
import type { Frame } from '../frame.ts'
import type { Arena } from './arena.ts'
import { binInto, type Binner } from './binner.ts'
import { HISTOGRAM_BYTES, type Kernel } from './kernel.ts'
import type { Places } from './workshop.ts'

/**
 * Bins `frame` into the arena, before the first tree: the places of gradients and histograms take
 * the numbers and the edges meanwhile. Gives the binned table.
 */
export function binIntoArena(
  binner: Binner,
  frame: Frame,
  arena: Arena,
  kernel: Kernel,
  { bins, packed, histograms }: Places,
): Uint8Array {
  const out = arena.u8.subarray(bins, bins + frame.rows * binner.columns.length)
  binInto(binner, frame, out, ({ edges }, { values }, f) => {
    const own = histograms + f * HISTOGRAM_BYTES
    arena.f64.set(edges, own >> 3)
    return (from, to, _, offset, stride) => {
      arena.f64.set(values.subarray(from, to), packed >> 3)
      kernel.binNumbers(packed, to - from, own, bins + offset, stride)
    }
  })
  arena.u8.fill(0, histograms, histograms + binner.columns.length * HISTOGRAM_BYTES)
  return out
}
