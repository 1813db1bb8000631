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

export interface GrowRules extends SplitRules {
  readonly maxDepth: number
  readonly maxLeaves: number
}

/** Where things lie in the arena, in bytes. The last seven belong to one crew member each. */
export interface Places {
  readonly columns: number
  readonly bins: number
  /** float64 label and weight of each row (weights: 0 places when all weigh 1). */
  readonly labels: number
  readonly weights: number
  /** float64, rows x outputs. */
  readonly margins: number
  /** int32 row numbers; a node is a range of them. */
  readonly rows: number
  readonly scratch: number
  /** 8 bytes a row: quantised hessian and gradient, in row order. */
  readonly packed: number
  /** float64 sums of |g| and h per block of rows. */
  readonly sums: number
  /** int32 column numbers used by the tree, ascending. */
  readonly drawn: number
  /** 256 bytes: 1 for each bin that goes left. */
  readonly sides: number
  /** float64 arguments of the order that the crew works on. */
  readonly orders: number
  /** int32 words by which the crew keeps step. */
  readonly control: number
  /** Histograms of `slots` nodes. */
  readonly histograms: number
  readonly slots: number
  /** One node's histograms for each member: of its part of the rows, or not to be kept. */
  readonly spares: number
  /** float64 numbers of nodes to be split whole by any member, and its answers: see expand.ts. */
  readonly jobs: number
  /** float64 pairs, leaf by leaf in the order of their rows: the end of the rows, the value. */
  readonly leaves: number
  /** As `sides`, of the node that the member splits by itself. */
  readonly ownSides: number
  /** Rows copied side by side. */
  readonly chunk: number
  /** Packed gradients in the order of a node's rows. */
  readonly ordered: number
  /** int32 column numbers, group by group: the member's own columns, then all drawn. */
  readonly features: number
  /** 256 bytes for the kernel's use. */
  readonly aside: number
  /** The block of scan rules; then 32 zeroed bytes for the kernel's use. */
  readonly scan: number
  /** float64 answers of the member. */
  readonly results: number
}

export interface Workshop {
  readonly arena: Arena
  readonly kernel: Kernel
  readonly places: Places
  readonly rules: GrowRules
}
