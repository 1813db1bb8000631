/** Lays out the memory of one training and chooses the kernel that works on it. */
import { AppError } from '../../core/index.ts'
import { createArena, layout, type Arena } from './arena.ts'
import { JOB_NUMBERS, MOST_JOBS } from './expand.ts'
import { HISTOGRAM_BYTES, SCAN_BYTES, type Kernel } from './kernel.ts'
import { SUM_BLOCK } from './quantise.ts'
import { scriptKernel } from './script-kernel.ts'
import { wasmKernel, wasmWorks } from './wasm-kernel.ts'
import type { Places } from './workshop.ts'

export type KernelChoice = 'auto' | 'wasm' | 'script'

/** Cells from which a WebAssembly memory is worth its set-up. */
const WASM_CELLS = 50_000

function usesWasm(kernel: KernelChoice, cells: number): boolean {
  if (kernel === 'auto') return cells >= WASM_CELLS && wasmWorks()
  if (kernel === 'wasm' && !wasmWorks())
    throw new AppError('invalid-request', 'kernel: this engine has no shared WebAssembly memory')
  return kernel === 'wasm'
}

/**
 * Histograms kept for open nodes take at most a third of the binned table, within these bounds;
 * beyond it they are summed afresh.
 */
const HISTOGRAMS_LEAST = 3.5 * 2 ** 20
const HISTOGRAMS_MOST = 64 * 2 ** 20
const MOST_BYTES = 2 ** 31 - 65536
const ORDER_BYTES = 256
const CONTROL_BYTES = 128
const RESULT_BYTES = 256

export interface WorkspacePlan {
  readonly rows: number
  readonly columns: number
  readonly outputs: number
  readonly weighted: boolean
  /** Nodes whose histograms are kept at the same time, at most. */
  readonly slots: number
  /** Rows whose gradients a member brings into node order at a time. */
  readonly orderedRows: number
  /** Bytes of rows that a member copies side by side at a time. */
  readonly chunkBytes: number
  /** Leaves of a tree, at most. */
  readonly leaves: number
  readonly members: number
  readonly kernel: KernelChoice
}

export interface Workspace {
  readonly arena: Arena
  readonly kernel: Kernel
  /** The places as each crew member sees them. */
  readonly places: readonly Places[]
}

/** Open nodes that can have grandchildren, and the pair at work. */
export const usefulSlots = (maxDepth: number, maxLeaves: number): number =>
  Math.min(maxLeaves, 2 ** Math.max(0, maxDepth - 2)) + 4

/** Lays out the memory of one training. */
export function createWorkspace(plan: WorkspacePlan): Workspace {
  const { rows, columns, outputs, weighted, orderedRows, members } = plan
  const each = Math.max(1, columns) * HISTOGRAM_BYTES
  const kept = Math.min(HISTOGRAMS_MOST, Math.max(HISTOGRAMS_LEAST, (rows * columns) / 3))
  const slots = Math.max(4, Math.min(plan.slots, Math.floor(kept / each)))
  const { take, size } = layout()
  const shared = {
    columns,
    bins: take(rows * columns),
    // One member alone reads labels and weights where the caller has them.
    labels: take(members > 1 ? 8 * rows : 0),
    weights: take(members > 1 && weighted ? 8 * rows : 0),
    margins: take(8 * rows * outputs),
    rows: take(4 * rows),
    scratch: take(4 * rows),
    packed: take(8 * rows),
    sums: take(16 * Math.ceil(rows / SUM_BLOCK)),
    drawn: take(4 * columns),
    sides: take(256),
    orders: take(ORDER_BYTES),
    control: take(CONTROL_BYTES),
    histograms: take(slots * each),
    slots,
    spares: take(members * each),
    jobs: take(8 * JOB_NUMBERS * MOST_JOBS),
    leaves: take(16 * Math.min(plan.leaves, rows)),
  }
  const places = Array.from({ length: members }, () => ({
    ...shared,
    ownSides: take(256),
    chunk: take(plan.chunkBytes),
    ordered: take(8 * orderedRows),
    features: take(8 * columns),
    aside: take(256),
    scan: take(SCAN_BYTES + 32),
    results: take(RESULT_BYTES),
  }))
  if (size() > MOST_BYTES)
    throw new AppError(
      'invalid-request',
      `${rows} rows x ${columns} columns need ${size()} bytes, more than 2 GiB: draw a sample`,
    )
  const wasm = usesWasm(plan.kernel, rows * columns)
  const arena = createArena(size(), wasm)
  return { arena, places, kernel: wasm ? wasmKernel(arena) : scriptKernel(arena) }
}
