/**
 * One block of memory for one training: the binned table, the gradients, the row order and the
 * histograms lie side by side, addressed in bytes, so that the TypeScript kernel, the WebAssembly
 * kernel and a second thread all see the same cells.
 */
export interface Arena {
  readonly buffer: ArrayBufferLike
  /** Present when the block is a WebAssembly memory. */
  readonly memory: WebAssembly.Memory | undefined
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
}

const PAGE = 65536

/** `bytes` of zeroed memory; `wasm`: as a shared WebAssembly memory of just that size. */
export function createArena(bytes: number, wasm: boolean): Arena {
  const pages = Math.ceil(bytes / PAGE)
  if (!wasm) return arenaOn(new ArrayBuffer(pages * PAGE))
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  return arenaOn(memory.buffer, memory)
}

/** Views of an existing block. */
export function arenaOn(buffer: ArrayBufferLike, memory?: WebAssembly.Memory): Arena {
  return {
    buffer,
    memory,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  }
}

/** Bytes of a cache line: what two threads write must not share one. */
const LINE = 64

/** Hands out addresses one after another, each at the start of a cache line. */
export function layout(): { take: (bytes: number) => number; size: () => number } {
  let top = 0
  return {
    take(bytes) {
      const at = top
      top = Math.ceil((top + bytes) / LINE) * LINE
      return at
    },
    size: () => top,
  }
}
