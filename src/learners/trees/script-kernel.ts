/** The inner loops of tree growing in TypeScript (see kernel.ts for what each does). */
import type { Arena } from './arena.ts'
import { edgesBelow, MISSING_BIN } from './binner.ts'
import { HISTOGRAM_BYTES, type Kernel } from './kernel.ts'

export function scriptKernel(arena: Arena): Kernel {
  const { u8, i32, f64 } = arena
  const add = columnAdder(arena)
  const scan: Kernel['scan'] = (...given) => scanThresholds(arena, ...given)
  return {
    ...movers(arena),
    scan,
    column: add,
    histogram(table, stride, gradients, count, features, width, histograms) {
      for (let k = 0; k < width; k++) {
        const f = i32[(features >> 2) + k]!
        add(table + f, stride, -1, gradients, count, histograms + f * HISTOGRAM_BYTES)
      }
    },
    searchColumn(bins, stride, rows, gradients, count, own, valueBins, g, h, floor, rules) {
      add(bins, stride, rows, gradients, count, own)
      const found = scan(own, valueBins, g, h, floor, rules)
      u8.fill(0, own, own + HISTOGRAM_BYTES)
      return found
    },
    binNumbers(values, count, edges, out, stride) {
      const padded = f64.subarray(edges >> 3, (edges >> 3) + MISSING_BIN)
      for (let i = 0, o = out; i < count; i++, o += stride) {
        const v = f64[(values >> 3) + i]!
        u8[o] = Number.isNaN(v) ? MISSING_BIN : edgesBelow(padded, v)
      }
    },
  }
}

/** Adds rows to the histogram of one column; `rows` -1: they follow one another. */
function columnAdder({ u8, i32 }: Arena) {
  return (
    bins: number,
    stride: number,
    rows: number,
    gradients: number,
    count: number,
    histogram: number,
  ): void => {
    const cells = histogram >> 2
    const at = rows >> 2
    for (let i = 0, g = gradients >> 2; i < count; i++, g += 2) {
      const row = rows < 0 ? i : i32[at + i]!
      const cell = cells + (u8[bins + row * stride]! << 1)
      i32[cell] = (i32[cell]! + i32[g]!) | 0
      i32[cell + 1] = (i32[cell + 1]! + i32[g + 1]!) | 0
    }
  }
}

type Mover = 'subtract' | 'add' | 'clear' | 'move' | 'copyRows' | 'gather' | 'partition'

function movers({ u8, i32 }: Arena): Pick<Kernel, Mover> {
  return {
    add(to, what, bytes) {
      const a = to >> 2
      const b = what >> 2
      for (let i = 0; i < bytes >> 2; i++) i32[a + i] = (i32[a + i]! + i32[b + i]!) | 0
    },
    clear: (at, bytes) => void u8.fill(0, at, at + bytes),
    move: (to, from, bytes) => void u8.copyWithin(to, from, from + bytes),
    subtract(from, what, bytes) {
      const a = from >> 2
      const b = what >> 2
      for (let i = 0; i < bytes >> 2; i++) i32[a + i] = (i32[a + i]! - i32[b + i]!) | 0
    },
    copyRows(bins, stride, rows, count, width, out) {
      for (let i = 0; i < count; i++) {
        const from = bins + i32[(rows >> 2) + i]! * stride
        u8.copyWithin(out + i * width, from, from + width)
      }
    },
    gather(gradients, rows, count, out) {
      for (let i = 0, o = out >> 2; i < count; i++, o += 2) {
        const g = (gradients >> 2) + 2 * i32[(rows >> 2) + i]!
        i32[o] = i32[g]!
        i32[o + 1] = i32[g + 1]!
      }
    },
    partition(bins, stride, sides, rows, count, scratch) {
      const from = rows >> 2
      const aside = scratch >> 2
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = i32[from + i]!
        const go = u8[sides + u8[bins + row * stride]!]!
        i32[from + left] = row
        i32[aside + i - left] = row
        left += go
      }
      i32.copyWithin(from + left, aside, aside + count - left)
      return left
    },
  }
}

function scanThresholds(
  { i32, u32, f64 }: Arena,
  histogram: number,
  bins: number,
  nodeG: number,
  nodeH: number,
  floor: number,
  rules: number,
): boolean {
  const at = histogram >> 2
  const at8 = rules >> 3
  const scaleG = f64[at8]!
  const scaleH = f64[at8 + 1]!
  const l2 = f64[at8 + 2]!
  const minimum = f64[at8 + 3]!
  const missing = at + 2 * MISSING_BIN
  const missingH = u32[missing]!
  const last = bins - (missingH > 0 ? 0 : 1)
  let top = floor
  let found = false
  for (let pass = 0; pass < (missingH > 0 ? 2 : 1); pass++) {
    let g = pass === 1 ? i32[missing + 1]! : 0
    let h = pass === 1 ? missingH : 0
    for (let b = 0, cell = at; b < last; b++, cell += 2) {
      const own = u32[cell]!
      if (own === 0) continue
      h += own
      g += i32[cell + 1]!
      const hl = h * scaleH
      const hr = (nodeH - h) * scaleH
      if (hl < minimum) continue
      if (hr < minimum || h >= nodeH) break
      const gl = g * scaleG
      const gr = (nodeG - g) * scaleG
      const score = gl * gl * (hr + l2) + gr * gr * (hl + l2)
      const parts = (hl + l2) * (hr + l2)
      // score / parts > top without dividing at every threshold.
      if (score <= top * parts) continue
      top = score / parts
      found = true
      f64[at8 + 4] = top
      const result = (rules >> 2) + 10
      i32[result] = b
      i32[result + 1] = missingH > 0 ? pass : 2 * h > nodeH ? 1 : 0
      i32[result + 2] = g
      u32[result + 3] = h
    }
  }
  return found
}
