/** The WebAssembly kernel over an arena's memory. */
import { KERNEL_BASE64 } from '../kernel/histogram-bytes.ts'
import type { Arena } from './arena.ts'
import { fromBase64 } from './bytes.ts'
import { HISTOGRAM_BYTES, SCAN_BYTES, type Kernel } from './kernel.ts'

/** The functions of kernel/histogram.asm.ts. */
export interface KernelExports {
  histogram8: (
    table: number,
    stride: number,
    gradients: number,
    count: number,
    histogram: number,
  ) => void
  histogram4: (
    table: number,
    stride: number,
    gradients: number,
    count: number,
    features: number,
    histograms: number,
  ) => void
  histogram1: KernelExports['histogram8']
  column: Kernel['column']
  copyRows: Kernel['copyRows']
  subtract: Kernel['subtract']
  add: Kernel['add']
  clear: Kernel['clear']
  move: Kernel['move']
  gather: Kernel['gather']
  partition: Kernel['partition']
  scan: (
    histogram: number,
    bins: number,
    g: number,
    h: number,
    floor: number,
    rules: number,
  ) => number
  searchColumn: (
    bins: number,
    stride: number,
    rows: number,
    gradients: number,
    count: number,
    histogram: number,
    mask: number,
    g: number,
    h: number,
    floor: number,
    rules: number,
  ) => number
  binNumbers: Kernel['binNumbers']
  turn: (bins: number, bytes: number, out: number) => void
  /** Adds the tree at node `root` to the margins, `step` bytes apart. See batch.ts. */
  addTree: (
    root: number,
    depth: number,
    values: number,
    bins: number,
    stride: number,
    rows: number,
    margins: number,
    step: number,
  ) => void
  addMixedTree: (
    root: number,
    sets: number,
    values: number,
    bins: number,
    stride: number,
    rows: number,
    margins: number,
    step: number,
  ) => void
}

let compiled: WebAssembly.Module | undefined

/** Whether this JavaScript engine can run the kernel: WebAssembly, SIMD and shared memory. */
export function wasmWorks(): boolean {
  return (
    typeof WebAssembly === 'object' &&
    typeof SharedArrayBuffer === 'function' &&
    WebAssembly.validate(fromBase64(KERNEL_BASE64))
  )
}

/** The compiled functions over an arena. @throws TypeError without a WebAssembly memory. */
export function kernelExports({ memory }: Arena): KernelExports {
  if (!memory) throw new TypeError('The arena has no WebAssembly memory')
  compiled ??= new WebAssembly.Module(fromBase64(KERNEL_BASE64))
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  return exports as unknown as KernelExports
}

export function wasmKernel(arena: Arena): Kernel {
  const { i32 } = arena
  const k = kernelExports(arena)
  return {
    histogram(table, stride, gradients, count, features, width, histograms) {
      if (width === 4) return k.histogram4(table, stride, gradients, count, features, histograms)
      const f = i32[features >> 2]!
      const own = histograms + f * HISTOGRAM_BYTES
      if (width === 8) k.histogram8(table + f, stride, gradients, count, own)
      else k.histogram1(table + f, stride, gradients, count, own)
    },
    column: k.column,
    copyRows: k.copyRows,
    subtract: k.subtract,
    add: k.add,
    clear: k.clear,
    move: k.move,
    gather: k.gather,
    partition: k.partition,
    scan: (histogram, bins, g, h, floor, rules) =>
      k.scan(histogram, bins, g, h, floor, rules) === 1,
    searchColumn: (bins, stride, rows, gradients, count, own, _, g, h, floor, rules) =>
      k.searchColumn(
        bins,
        stride,
        rows,
        gradients,
        count,
        own,
        rules + SCAN_BYTES,
        g,
        h,
        floor,
        rules,
      ) === 1,
    binNumbers: k.binNumbers,
  }
}
