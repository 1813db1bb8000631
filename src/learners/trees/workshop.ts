/** What growing a tree works with: memory, kernel, places and rules. */
import type { Arena } from './arena.ts'
import type { Kernel } from './kernel.ts'

export interface SplitRules {
  readonly l2: number
  readonly minChildWeight: number
  readonly minSplitGain: number
  /** Extra l2 for categorical splits. */
  readonly categoryL2: number
  /** Added to the hessian when categories are sorted by G/H: rare ones move to the middle. */
  readonly categorySmoothing: number
  /** Per column: value bins in use. */
  readonly bins: Uint8Array
  /** Per column: 1 when categorical. */
  readonly categorical: Uint8Array
  /** Per column: 1 rising, -1 falling, 0 free; undefined when all are free. */
  readonly monotone: Int8Array | undefined
}

/** Where things lie in the arena, in bytes. */
export interface Places {
  readonly columns: number
  readonly bins: number
  /** int32 row numbers; a node is a range of them. */
  readonly rows: number
  readonly scratch: number
  /** 8 bytes a row: quantised hessian and gradient, in row order. */
  readonly packed: number
  /** The same in the order of a node's rows. */
  readonly ordered: number
  /** int32 column numbers used by this tree. */
  readonly features: number
  /** 256 bytes: 1 for each bin that goes left; then 256 for the kernel's use. */
  readonly sides: number
  /** The block of scan rules; then 32 zeroed bytes for the kernel's use. */
  readonly scan: number
  /** Histograms of `slots` nodes. */
  readonly histograms: number
  readonly slots: number
}

export interface GrowRules extends SplitRules {
  readonly maxDepth: number
  readonly maxLeaves: number
}

export interface Workshop {
  readonly arena: Arena
  readonly kernel: Kernel
  readonly places: Places
  readonly rules: GrowRules
}
