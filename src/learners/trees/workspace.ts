/** Lays out the memory of one training and chooses the kernel that works on it. */
import { AppError } from '../../core/index.ts'
import { createArena, layout, type Arena } from './arena.ts'
import type { Places } from './workshop.ts'
import { HISTOGRAM_BYTES, SCAN_BYTES, type Kernel } from './kernel.ts'
import { scriptKernel } from './script-kernel.ts'
import { wasmKernel, wasmWorks } from './wasm-kernel.ts'

export type KernelChoice = 'auto' | 'wasm' | 'script'

/** Cells from which a WebAssembly memory is worth its set-up. */
const WASM_CELLS = 50_000

function usesWasm(kernel: KernelChoice, cells: number): boolean {
  if (kernel === 'auto') return cells >= WASM_CELLS && wasmWorks()
  if (kernel === 'wasm' && !wasmWorks())
    throw new AppError('invalid-request', 'kernel: this engine has no shared WebAssembly memory')
  return kernel === 'wasm'
}

/** Histograms kept for open nodes take at most this much; beyond it they are summed afresh. */
const HISTOGRAM_BUDGET = 64 * 2 ** 20
const MOST_BYTES = 2 ** 31 - 65536

/** Lays out the memory of one training. */
export function createWorkspace(
  rows: number,
  columns: number,
  { maxDepth, maxLeaves }: { maxDepth: number; maxLeaves: number },
  choice: KernelChoice,
): { arena: Arena; places: Places; kernel: Kernel } {
  const each = Math.max(1, columns) * HISTOGRAM_BYTES
  // Only nodes at least two levels above the cap keep histograms for their grandchildren.
  const open = Math.min(maxLeaves, 2 ** Math.max(0, maxDepth - 2)) + 4
  const slots = Math.max(4, Math.min(open, Math.floor(HISTOGRAM_BUDGET / each)))
  const plan = layout()
  const places = {
    columns,
    bins: plan.take(rows * columns),
    rows: plan.take(4 * rows),
    scratch: plan.take(4 * rows),
    packed: plan.take(8 * rows),
    ordered: plan.take(8 * rows),
    features: plan.take(4 * columns),
    sides: plan.take(512),
    scan: plan.take(SCAN_BYTES + 32),
    histograms: plan.take(slots * each),
    slots,
  }
  if (plan.size() > MOST_BYTES)
    throw new AppError(
      'invalid-request',
      `${rows} rows x ${columns} columns need ${plan.size()} bytes, more than 2 GiB: draw a sample`,
    )
  const wasm = usesWasm(choice, rows * columns)
  const arena = createArena(plan.size(), wasm)
  return { arena, places, kernel: wasm ? wasmKernel(arena) : scriptKernel(arena) }
}
